/** What an audited change changed, field by field. */

export interface Difference {
  field: string;
  before: string | null;
  after: string | null;
  isChanged: boolean;
}

type Fields = Readonly<Record<string, unknown>> | null;

/** Every field of either side, changed ones first. A side without the field is null. */
export function differences(before: Fields, after: Fields): Difference[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const rows = names.map((field) => {
    const [old, fresh] = [written(before, field), written(after, field)];
    return { field, before: old, after: fresh, isChanged: old !== fresh };
  });
  return rows.sort((a, b) => Number(b.isChanged) - Number(a.isChanged));
}

function written(fields: Fields, name: string): string | null {
  if (fields === null || !(name in fields)) return null;
  const value = fields[name];
  return typeof value === "string" ? value : JSON.stringify(value);
}
