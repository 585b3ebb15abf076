/** The filters of the audit log, and how the API is asked for them. */

export interface Filters {
  action: string;
  actor: string;
  target: string;
  outcome: "" | "done" | "refused";
  from: string;
  to: string;
}

type AuditQuery = Partial<Omit<Filters, "outcome">> & { outcome?: "done" | "refused" };

export const NO_FILTERS: Filters = { action: "", actor: "", target: "", outcome: "", from: "", to: "" };

/** Days are the reader's own: "from" is the start of its day, "to" the end of its day. */
export function queryOf({ outcome, ...filters }: Filters): AuditQuery {
  const written = {
    action: filters.action.trim(),
    actor: filters.actor.trim(),
    target: filters.target.trim(),
    from: filters.from === "" ? "" : new Date(`${filters.from}T00:00:00`).toISOString(),
    to: filters.to === "" ? "" : new Date(`${filters.to}T23:59:59.999`).toISOString(),
  };
  const filled = Object.fromEntries(Object.entries(written).filter(([, value]) => value !== ""));
  return outcome === "" ? filled : { ...filled, outcome };
}

export function exportAddress(filters: Filters, format: "jsonl" | "csv"): string {
  return `/api/audit/export?${new URLSearchParams({ ...queryOf(filters), format }).toString()}`;
}
