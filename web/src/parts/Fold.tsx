/** A part of a form that stays folded until it is wanted. */
import { IconChevronDown } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./Fold.module.css";

interface FoldProps {
  title: string;
  text?: string;
  isOpen?: boolean;
  children: ReactNode;
}

export function Fold({ title, text, isOpen = false, children }: FoldProps) {
  return (
    <details className={classes.fold} open={isOpen}>
      <summary className={classes.summary}>
        <span>
          <span className={classes.title}>{title}</span>
          {text !== undefined && <span className={classes.text}>{text}</span>}
        </span>
        <IconChevronDown size={18} aria-hidden />
      </summary>
      <div className={classes.content}>{children}</div>
    </details>
  );
}
