/** What the audit page shows and asks for. */
import { expect, test } from "vitest";
import { differences } from "./difference";
import { exportAddress, NO_FILTERS, queryOf } from "./filters";

test("changed fields come first, and each side is told as it was", () => {
  expect(differences({ name: "a", role: "guest", scopes: null }, { name: "a", role: "member", scopes: ["x"] })).toEqual([
    { field: "role", before: "guest", after: "member", isChanged: true },
    { field: "scopes", before: "null", after: '["x"]', isChanged: true },
    { field: "name", before: "a", after: "a", isChanged: false },
  ]);
  expect(differences(null, { a: 1 })).toEqual([{ field: "a", before: null, after: "1", isChanged: true }]);
  expect(differences(null, null)).toEqual([]);
});

test("only filters that are set are asked for, and a day ends at its end", () => {
  expect(queryOf(NO_FILTERS)).toEqual({});
  const { from, to } = queryOf({ ...NO_FILTERS, from: "2030-01-01", to: "2030-01-01" });
  expect(new Date(to ?? "").getTime() - new Date(from ?? "").getTime()).toBe(86_399_999);
});

test("the export has the filters of the page", () => {
  expect(exportAddress({ ...NO_FILTERS, action: " key.create " }, "csv")).toBe("/api/audit/export?action=key.create&format=csv");
});
