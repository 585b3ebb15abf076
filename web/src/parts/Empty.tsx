/** What a page shows when there is nothing yet, or when something went wrong: always with the next step. */
import { Alert, Button, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle, type Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { explain } from "../api/fault";
import { useSay } from "../language/language";
import classes from "./Empty.module.css";
import { common } from "./words";

interface EmptyProps {
  icon: Icon;
  title: string;
  text: ReactNode;
  action?: ReactNode;
  /** 1 where this is the whole page. */
  order?: 1 | 2;
}

export function Empty({ icon: Mark, title, text, action, order = 2 }: EmptyProps) {
  return (
    <div className={classes.empty}>
      <ThemeIcon size={56} radius={16} variant="light">
        <Mark size={28} stroke={1.5} />
      </ThemeIcon>
      <Title order={order} mt="md">
        {title}
      </Title>
      <Text c="dimmed" maw={440} mt={4} mb="lg">
        {text}
      </Text>
      {action}
    </div>
  );
}

/** A failed load, with the way to try again. */
export function Trouble({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const say = useSay();
  return (
    <Alert color="red" icon={<IconAlertTriangle size={20} />} title={say(common.failed)} role="alert">
      <Text size="sm">{explain(error, say)}</Text>
      {retry !== undefined && (
        <Button variant="default" size="xs" mt="sm" onClick={retry}>
          {say(common.retry)}
        </Button>
      )}
    </Alert>
  );
}

/** A refusal inside a form, where no single field is at fault. */
export function Refusal({ error }: { error: unknown }) {
  const say = useSay();
  if (error === null || error === undefined) return null;
  return (
    <Alert color="red" icon={<IconAlertTriangle size={20} />} role="alert" py="xs">
      {explain(error, say)}
    </Alert>
  );
}
