/** The list of keys, with what can be done to each. */
import { Code, Stack, Text } from "@mantine/core";
import { IconBan, IconKey, IconPencil, IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { List } from "../../api/lists";
import type { Key } from "../../api/shapes";
import { useSay, type Say } from "../../language/language";
import { Empty } from "../../parts/Empty";
import { RoleMark, ScopeMarks, StateMark, type Tone } from "../../parts/Marks";
import { Moment } from "../../parts/Moment";
import { Records, type Column } from "../../parts/Records";
import { RowMenu } from "../../parts/RowMenu";
import { common } from "../../parts/words";
import type { KeyDialog } from "./KeyDialogs";
import { stateOf, type KeyState } from "./state";
import { keyWords as words } from "./words";

const TONES: Record<KeyState, Tone> = { live: "good", rotating: "warn", expired: "plain", revoked: "plain" };

interface KeyListProps {
  list: List<Key>;
  show: (dialog: KeyDialog) => void;
  isOfMany: boolean;
  emptyAction: ReactNode;
}

export function KeyList({ list, show, isOfMany, emptyAction }: KeyListProps) {
  const say = useSay();
  const isOver = (key: Key): boolean => ["revoked", "expired"].includes(stateOf(key, new Date()));
  return (
    <Records
      label={say(words.title)}
      list={list}
      columns={columnsOf(say, isOfMany)}
      idOf={(key) => key.id}
      isFaint={isOver}
      empty={<Empty icon={IconKey} title={say(words.emptyTitle)} text={say(words.emptyText)} action={emptyAction} />}
      actions={(key) => (
        <RowMenu
          name={key.name}
          actions={
            isOver(key)
              ? []
              : [
                  { label: say(common.edit), icon: IconPencil, act: () => show({ kind: "edit", of: key }) },
                  { label: say(words.rotate), icon: IconRefresh, act: () => show({ kind: "rotate", of: key }) },
                  { label: say(words.revoke), icon: IconBan, act: () => show({ kind: "revoke", of: key }), isDanger: true },
                ]
          }
        />
      )}
    />
  );
}

function columnsOf(say: Say, isOfMany: boolean): Column<Key>[] {
  const owner: Column<Key> = { label: say(words.owner), cell: (key) => key.userName };
  return [
    {
      label: say(common.name),
      isHead: true,
      cell: (key) => (
        <Stack gap={2} align="flex-start">
          <Text fw={600} size="sm" inherit>{key.name}</Text>
          <Code>{key.prefix}…{key.hint}</Code>
        </Stack>
      ),
    },
    ...(isOfMany ? [owner] : []),
    { label: say(common.role), cell: (key) => <RoleMark role={key.role} /> },
    {
      label: say(words.may),
      cell: (key) => (key.scopes === null ? <Text size="sm">{say(words.mayAll)}</Text> : <ScopeMarks scopes={key.scopes} />),
    },
    {
      label: say(words.lastUsed),
      cell: (key) => (
        <Stack gap={2} align="flex-start">
          <Moment at={key.lastUsedAt} otherwise={say(common.never)} />
          {key.lastUsedAddress !== null && <Code>{key.lastUsedAddress}</Code>}
        </Stack>
      ),
    },
    { label: say(words.expires), cell: (key) => <Moment at={key.expiresAt} otherwise={say(common.never)} /> },
    { label: say(common.status), cell: (key) => <KeyMark of={key} /> },
  ];
}

function KeyMark({ of }: { of: Key }) {
  const say = useSay();
  const state = stateOf(of, new Date());
  const hint = state === "rotating" ? { hint: say(words.rotatingHint, { hint: of.previousHint ?? "" }) } : {};
  return <StateMark tone={TONES[state]} label={say(words[state])} {...hint} />;
}
