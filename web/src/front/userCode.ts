/** The code of a device, as it is shown: eight characters in two groups. */

export function groupedCode(typed: string): string {
  const code = typed.toUpperCase().replace(/[^A-Z0-9]/g, "").slice(0, 8);
  return code.length > 4 ? `${code.slice(0, 4)}-${code.slice(4)}` : code;
}
