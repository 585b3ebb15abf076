/** A list of records: a table on wide screens, cards on narrow ones, with its loading and empty states. */
import { Skeleton } from "@mantine/core";
import { useRef, type ReactNode } from "react";
import type { List } from "../api/lists";
import { useSay } from "../language/language";
import { Trouble } from "./Empty";
import { useFocusKept } from "./focus";
import { More } from "./More";
import classes from "./Records.module.css";
import { common } from "./words";

export interface Column<T> {
  label: string;
  cell: (row: T) => ReactNode;
  /** The column that names the row; a card's heading on narrow screens. */
  isHead?: boolean;
}

interface RecordsProps<T> {
  label: string;
  list: List<T>;
  columns: readonly Column<T>[];
  idOf: (row: T) => string;
  empty: ReactNode;
  actions?: (row: T) => ReactNode;
  isFaint?: (row: T) => boolean;
}

export function Records<T>({ label, list, columns, idOf, empty, actions, isFaint }: RecordsProps<T>) {
  const say = useSay();
  const rows = useRef<HTMLTableSectionElement>(null);
  useFocusKept(list.rows.length);
  if (list.error !== null) return <Trouble error={list.error} retry={list.retry} />;
  if (!list.isLoading && list.rows.length === 0) return <div className="hub-card">{empty}</div>;
  return (
    <>
      <div className={`hub-card ${classes.frame}`}>
        <table className={classes.table} role="table" aria-label={label} aria-busy={list.isLoading}>
          <thead role="rowgroup">
            <tr role="row">
              {columns.map((column) => (
                <th key={column.label} role="columnheader" scope="col">
                  {column.label}
                </th>
              ))}
              {actions !== undefined && (
                <th role="columnheader" scope="col" className={classes.end}>
                  <span className="hub-unseen">{say(common.actionsColumn)}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody role="rowgroup" ref={rows}>
            {list.isLoading
              ? [0, 1, 2, 3].map((n) => <LoadingRow key={n} columns={columns.length + (actions ? 1 : 0)} />)
              : list.rows.map((row) => (
                  <tr key={idOf(row)} role="row" data-faint={isFaint?.(row) || undefined}>
                    {columns.map((column) => (
                      <td key={column.label} role="cell" data-label={column.label} data-head={column.isHead || undefined}>
                        <div className={classes.cell}>{column.cell(row)}</div>
                      </td>
                    ))}
                    {actions !== undefined && (
                      <td role="cell" className={classes.end}>
                        {actions(row)}
                      </td>
                    )}
                  </tr>
                ))}
          </tbody>
        </table>
      </div>
      <More list={list} rows={rows} />
    </>
  );
}

function LoadingRow({ columns }: { columns: number }) {
  return (
    <tr role="row">
      {Array.from({ length: columns }, (_, n) => (
        <td key={n} role="cell">
          <Skeleton height={14} my={5} width={n === 0 ? "70%" : "50%"} />
        </td>
      ))}
    </tr>
  );
}
