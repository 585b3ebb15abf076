/** One's passkeys: add, rename, delete. */
import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconFingerprint, IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { hub, keepCsrfToken, take } from "../../api/client";
import { useChange } from "../../api/changes";
import { canUsePasskeys, makePasskey, nameOfThisDevice } from "../../api/passkeys";
import type { Passkey } from "../../api/shapes";
import { useSay } from "../../language/language";
import { Confirm, Dialog } from "../../parts/Dialog";
import { Refusal } from "../../parts/Empty";
import { FormFoot } from "../../parts/FormFoot";
import { isFilled, tellDone, useSending } from "../../parts/forms";
import { Item, Items } from "../../parts/Items";
import { StateMark } from "../../parts/Marks";
import { Moment } from "../../parts/Moment";
import { Section } from "../../parts/Page";
import { RowMenu } from "../../parts/RowMenu";
import { common } from "../../parts/words";
import { profileWords as words } from "./words";

const PASSKEYS = ["passkeys"] as const;

export function Passkeys() {
  const say = useSay();
  const [dialog, show] = useState<{ kind: "rename" | "remove"; of: Passkey } | null>(null);
  const close = (): void => show(null);
  const query = useQuery({ queryKey: PASSKEYS, queryFn: () => take(hub.GET("/api/me/passkeys")) });
  const add = useChange(PASSKEYS, async () => {
    const answer = await makePasskey(await take(hub.POST("/api/me/passkeys/options")));
    return take(hub.POST("/api/me/passkeys", { body: { ...answer, name: nameOfThisDevice() } }));
  }, ({ csrfToken }) => {
    keepCsrfToken(csrfToken);
    tellDone(say(words.passkeyAdded));
  });
  const remove = useChange(PASSKEYS, (id: string) =>
    take(hub.DELETE("/api/me/passkeys/{id}", { params: { path: { id } } })));
  const button = canUsePasskeys() && (
    <Button variant="default" leftSection={<IconPlus size={18} />} loading={add.isPending} onClick={() => add.mutate(undefined)}>
      {say(words.addPasskey)}
    </Button>
  );
  return (
    <Section title={say(words.passkeys)} text={say(words.passkeysText)} action={button}>
      {!canUsePasskeys() && <Text size="sm" c="dimmed" mb="sm">{say(words.unsupported)}</Text>}
      <Refusal error={add.error} />
      <Items query={query} empty={say(words.noPasskeys)}>
        {(passkey) => (
          <PasskeyItem
            key={passkey.id} of={passkey} rename={() => show({ kind: "rename", of: passkey })}
            remove={() => show({ kind: "remove", of: passkey })}
          />
        )}
      </Items>
      {dialog?.kind === "rename" && (
        <Dialog isOpen close={close} title={say(words.renamePasskey)}>
          <RenameForm of={dialog.of} close={close} />
        </Dialog>
      )}
      {dialog?.kind === "remove" && (
        <Confirm
          isOpen close={close} title={say(words.removePasskey, { name: dialog.of.name })}
          text={say(words.removePasskeyText)} confirm={say(common.remove)} act={() => remove.mutateAsync(dialog.of.id)}
        />
      )}
    </Section>
  );
}

function PasskeyItem({ of, rename, remove }: { of: Passkey; rename: () => void; remove: () => void }) {
  const say = useSay();
  return (
    <Item
      icon={IconFingerprint}
      title={
        <>
          {of.name}
          {of.isSynced && <StateMark tone="plain" label={say(words.synced)} hint={say(words.syncedHint)} />}
        </>
      }
      text={<>{say(words.lastUsed)} <Moment at={of.lastUsedAt} otherwise={say(common.never)} /></>}
      action={
        <RowMenu
          name={of.name}
          actions={[
            { label: say(words.rename), icon: IconPencil, act: rename },
            { label: say(common.remove), icon: IconTrash, act: remove, isDanger: true },
          ]}
        />
      }
    />
  );
}

function RenameForm({ of, close }: { of: Passkey; close: () => void }) {
  const say = useSay();
  const form = useForm({
    initialValues: { name: of.name },
    validate: { name: (value) => (isFilled(value) ? null : say(common.required)) },
  });
  const rename = useChange(PASSKEYS, (body: { name: string }) =>
    take(hub.PATCH("/api/me/passkeys/{id}", { params: { path: { id: of.id } }, body })), close);
  const { send, refusal, isPending } = useSending(form, (values) => rename.mutateAsync(values));
  return (
    <form onSubmit={send} noValidate>
      <Stack>
        <TextInput label={say(common.name)} data-autofocus {...form.getInputProps("name")} />
        <FormFoot refusal={refusal} isPending={isPending} submit={say(common.save)} close={close} />
      </Stack>
    </form>
  );
}
