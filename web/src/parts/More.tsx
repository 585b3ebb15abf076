/** The button below a list that reads on. The focus follows to the first of the new rows. */
import { Button } from "@mantine/core";
import { useEffect, useRef, type RefObject } from "react";
import type { List } from "../api/lists";
import { useSay } from "../language/language";
import { common } from "./words";

interface MoreProps {
  list: List<unknown>;
  /** The element whose children are the rows. */
  rows: RefObject<HTMLElement | null>;
}

export function More({ list, rows }: MoreProps) {
  const say = useSay();
  const count = list.rows.length;
  const before = useRef<number | null>(null);
  useEffect(() => {
    if (before.current === null || count <= before.current) return;
    rows.current?.children[before.current]?.querySelector<HTMLElement>("summary, button, a[href]")?.focus();
    before.current = null;
  }, [count, rows]);
  const load = (): void => {
    before.current = count;
    list.loadMore();
  };
  if (!list.hasMore) return null;
  return (
    <Button variant="default" mt="md" loading={list.isLoadingMore} onClick={load}>
      {say(common.more)}
    </Button>
  );
}
