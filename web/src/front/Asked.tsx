/** What an application asks for, as a list, and the two answers. */
import { Button, Group } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import type { Scope } from "../api/shapes";
import { useSay } from "../language/language";
import { scopes as scopeWords } from "../parts/words";
import classes from "./Asked.module.css";
import { consentWords as words } from "./words";

export interface AskedScope {
  name: Scope;
  text: string;
}

export function AskedScopes({ scopes }: { scopes: readonly AskedScope[] }) {
  const say = useSay();
  return (
    <ul className={classes.asked}>
      {scopes.map((scope) => (
        <li key={scope.name}>
          <IconCheck size={18} aria-hidden />
          <span>{scope.name in scopeWords ? say(scopeWords[scope.name]) : scope.text}</span>
        </li>
      ))}
    </ul>
  );
}

interface AnswersProps {
  answer: (isAllowed: boolean) => void;
  pending: boolean | null;
}

/** `pending` is the answer on its way. */
export function Answers({ answer, pending }: AnswersProps) {
  const say = useSay();
  return (
    <Group grow>
      <Button
        variant="default" size="md" loading={pending === false} disabled={pending === true}
        onClick={() => answer(false)}
      >
        {say(words.deny)}
      </Button>
      <Button size="md" loading={pending === true} disabled={pending === false} onClick={() => answer(true)}>
        {say(words.allow)}
      </Button>
    </Group>
  );
}

