/** The filters of the audit log, and how the API is asked for them. */

export interface Filters {
  action: string;
  actor: string;
  target: string;
  outcome: string;
  from: string;
  to: string;
}

export const NO_FILTERS: Filters = { action: "", actor: "", target: "", outcome: "", from: "", to: "" };

/** Days are the reader's own: "from" is the start of its day, "to" the end of its day. */
export function queryOf(filters: Filters): Partial<Filters> {
  const written: Filters = {
    ...filters,
    action: filters.action.trim(),
    actor: filters.actor.trim(),
    target: filters.target.trim(),
    from: filters.from === "" ? "" : new Date(`${filters.from}T00:00:00`).toISOString(),
    to: filters.to === "" ? "" : new Date(`${filters.to}T23:59:59.999`).toISOString(),
  };
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== ""));
}

export function exportAddress(filters: Filters, format: "jsonl" | "csv"): string {
  return `/api/audit/export?${new URLSearchParams({ ...queryOf(filters), format }).toString()}`;
}
