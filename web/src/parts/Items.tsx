/** A short list inside a section: each item with a title, a line about it, and what can be done. */
import { Skeleton, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Icon } from "@tabler/icons-react";
import { Trouble } from "./Empty";
import { useFocusKept } from "./focus";
import classes from "./Items.module.css";

interface ItemsProps<T> {
  query: UseQueryResult<{ list: T[] }>;
  empty: string;
  children: (item: T) => ReactNode;
}

export function Items<T>({ query, empty, children }: ItemsProps<T>) {
  useFocusKept(query.data?.list.length ?? 0);
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton height={56} />;
  if (query.data.list.length === 0) return <Text c="dimmed" size="sm">{empty}</Text>;
  return <ul className={classes.items}>{query.data.list.map(children)}</ul>;
}

interface ItemProps {
  icon: Icon;
  title: ReactNode;
  text: ReactNode;
  action?: ReactNode;
}

export function Item({ icon: Mark, title, text, action }: ItemProps) {
  return (
    <li className={classes.item}>
      <Mark size={22} stroke={1.5} aria-hidden className={classes.icon} />
      <div className={classes.words}>
        <div className={classes.title}>{title}</div>
        <div className={classes.text}>{text}</div>
      </div>
      {action}
    </li>
  );
}
