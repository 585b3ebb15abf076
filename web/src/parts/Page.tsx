/** The head of a page, and the sections under it. */
import { Group, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./Page.module.css";

interface HeadProps {
  title: string;
  text?: ReactNode;
  action?: ReactNode;
}

export function PageHead({ title, text, action }: HeadProps) {
  useDocumentTitle(`${title} · AIGNE Hub`);
  return (
    <header className={classes.head}>
      <div className={classes.words}>
        <Title order={1}>{title}</Title>
        {text !== undefined && (
          <Text c="dimmed" mt={4} maw={640}>
            {text}
          </Text>
        )}
      </div>
      {action !== undefined && <Group gap="xs">{action}</Group>}
    </header>
  );
}

/** A titled card; `action` stands at its upper right. */
export function Section({ title, text, action, children }: HeadProps & { children?: ReactNode }) {
  return (
    <section className={`hub-card ${classes.section}`}>
      <div className={classes.sectionHead}>
        <div className={classes.words}>
          <Title order={2}>{title}</Title>
          {text !== undefined && (
            <Text c="dimmed" size="sm" mt={4} maw={640}>
              {text}
            </Text>
          )}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}
