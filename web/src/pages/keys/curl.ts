/** The first call that a new user makes. */

export function curlExample(origin: string, key: string): string {
  const body = '{"model": "MODEL", "messages": [{"role": "user", "content": "Hello"}]}';
  return [
    `curl ${origin}/v1/chat/completions \\`,
    `  -H 'Authorization: Bearer ${key}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${body}'`,
  ].join("\n");
}
