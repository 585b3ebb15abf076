/** The dialogs of a key: create, edit, rotate, revoke, and the secret that is shown once. */
import { Alert, Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { IconShieldLock } from "@tabler/icons-react";
import { useState } from "react";
import { hub, take } from "../../api/client";
import type { Key, NewKey, Role } from "../../api/shapes";
import { useSay } from "../../language/language";
import { CopyBlock, CopyField } from "../../parts/Copy";
import { Confirm, Dialog } from "../../parts/Dialog";
import { Refusal } from "../../parts/Empty";
import { tellDone } from "../../parts/forms";
import { common } from "../../parts/words";
import { curlExample } from "./curl";
import { KeyForm, type KeyValues } from "./KeyForm";
import { revokeKey, useKeyChange } from "./queries";
import { keyWords as words } from "./words";

export type KeyDialog =
  | { kind: "create"; owner?: { id: string; role: Role } }
  | { kind: "edit" | "rotate" | "revoke"; of: Key }
  | { kind: "made"; of: NewKey };

interface DialogsProps {
  open: KeyDialog | null;
  show: (dialog: KeyDialog | null) => void;
}

export function KeyDialogs({ open, show }: DialogsProps) {
  const say = useSay();
  const close = (): void => show(null);
  const made = (key: NewKey): void => show({ kind: "made", of: key });
  const create = useKeyChange(
    (body: KeyValues & { userId?: string }) => take(hub.POST("/api/access-keys", { body })), made);
  const edit = useKeyChange(({ id, values }: { id: string; values: KeyValues }) => {
    const { role: _role, expiresInS: _lifetime, ...body } = values;
    return take(hub.PATCH("/api/access-keys/{id}", { params: { path: { id } }, body }));
  }, (key) => {
    tellDone(say(words.changed, { name: key.name }));
    close();
  });
  const revoke = useKeyChange(revokeKey, (key) => tellDone(say(words.revokedDone, { name: key.name })));
  const owner = open?.kind === "create" ? open.owner : undefined;
  return (
    <>
      <Dialog isOpen={open?.kind === "create"} close={close} title={say(words.newTitle)} size="lg">
        <KeyForm
          of={null} close={close} {...(owner === undefined ? {} : { ownerRole: owner.role })}
          submit={(values) => create.mutateAsync(owner === undefined ? values : { ...values, userId: owner.id })}
        />
      </Dialog>
      {open?.kind === "edit" && (
        <Dialog isOpen close={close} title={say(words.editTitle, { name: open.of.name })} size="lg">
          <KeyForm of={open.of} close={close} submit={(values) => edit.mutateAsync({ id: open.of.id, values })} />
        </Dialog>
      )}
      {open?.kind === "rotate" && <Rotate of={open.of} close={close} made={made} />}
      {open?.kind === "revoke" && (
        <Confirm
          isOpen close={close} title={say(words.revokeTitle, { name: open.of.name })} text={say(words.revokeText)}
          confirm={say(words.revoke)} act={() => revoke.mutateAsync(open.of.id)}
        />
      )}
      {open?.kind === "made" && <Made of={open.of} close={close} />}
    </>
  );
}

function Rotate({ of, close, made }: { of: Key; close: () => void; made: (key: NewKey) => void }) {
  const say = useSay();
  const [overlap, setOverlap] = useState("86400");
  const rotate = useKeyChange(
    (overlapS: number) =>
      take(hub.POST("/api/access-keys/{id}/rotate", { params: { path: { id: of.id } }, body: { overlapS } })),
    made,
  );
  const choices = [
    { value: "0", label: say(words.overlapNone) },
    { value: "3600", label: say(words.hour) },
    { value: "86400", label: say(words.day) },
    { value: "604800", label: say(words.week) },
    { value: "2592000", label: say(words.days, { n: 30 }) },
  ];
  return (
    <Dialog isOpen close={close} title={say(words.rotateTitle, { name: of.name })}>
      <Stack>
        <Text size="sm">{say(words.rotateText)}</Text>
        <NativeSelect
          label={say(words.overlap)} data={choices} value={overlap} data-autofocus
          onChange={(event) => setOverlap(event.currentTarget.value)}
        />
        <Refusal error={rotate.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>{say(common.cancel)}</Button>
          <Button loading={rotate.isPending} onClick={() => rotate.mutate(Number(overlap))}>{say(words.rotate)}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Made({ of, close }: { of: NewKey; close: () => void }) {
  const say = useSay();
  return (
    <Dialog isOpen close={close} title={say(words.madeTitle)} size="lg" isEasilyClosed={false}>
      <Stack>
        <Alert icon={<IconShieldLock size={20} />} title={say(common.keepSafe)}>{say(common.keepSafeText)}</Alert>
        <CopyField value={of.key} name={say(words.key)} />
        <Text fw={600} size="sm">{say(words.tryIt)}</Text>
        <CopyBlock code={curlExample(window.location.origin, of.key)} name={say(words.curl)} />
        <Group justify="flex-end">
          <Button onClick={close}>{say(words.stored)}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
