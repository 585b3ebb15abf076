/** The dialogs of a user: edit, and each thing that has consequences. */
import { NativeSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { rolesUpTo, useMe } from "../../api/session";
import type { Role, User } from "../../api/shapes";
import { useSay } from "../../language/language";
import { Confirm, Dialog } from "../../parts/Dialog";
import { FormFoot } from "../../parts/FormFoot";
import { isFilled, tellDone, useSending } from "../../parts/forms";
import { LinkMade } from "../../parts/LinkMade";
import { common, roles } from "../../parts/words";
import { makeResetLink, revokeKeysOf, signUserOut, useUserChange } from "./queries";
import { userWords as words } from "./words";

export type UserAct = "edit" | "reset" | "signOut" | "revokeKeys" | "disable";

interface UserDialogsProps {
  open: { act: UserAct; of: User } | null;
  close: () => void;
}

export function UserDialogs({ open, close }: UserDialogsProps) {
  const say = useSay();
  const [made, setMade] = useState<{ link: string | null; expiresAt: string | null } | null>(null);
  const change = useUserChange();
  if (made !== null) {
    return <LinkMade title={say(words.resetLink)} {...made} close={() => setMade(null)} />;
  }
  if (open === null) return null;
  const { id, name } = open.of;
  const shared = { isOpen: true, close };
  switch (open.act) {
    case "edit":
      return (
        <Dialog {...shared} title={say(words.editTitle, { name })}>
          <EditForm of={open.of} close={close} />
        </Dialog>
      );
    case "reset":
      return (
        <Confirm
          {...shared} isDanger={false} title={say(words.resetTitle, { name })} text={say(words.resetText)}
          confirm={say(words.makeLink)} act={async () => setMade(await makeResetLink(id))}
        />
      );
    case "signOut":
      return (
        <Confirm
          {...shared} title={say(words.signOutTitle, { name })} text={say(words.signOutText)}
          confirm={say(words.signOut)}
          act={async () => {
            await signUserOut(id);
            tellDone(say(words.signedOut, { name }));
          }}
        />
      );
    case "revokeKeys":
      return (
        <Confirm
          {...shared} title={say(words.revokeTitle, { name })} text={say(words.revokeText)}
          confirm={say(words.revokeKeys)}
          act={async () => tellDone(say(words.revoked, { n: (await revokeKeysOf(id)).revoked }))}
        />
      );
    case "disable":
      return (
        <Confirm
          {...shared} title={say(words.disableTitle, { name })} text={say(words.disableText)}
          confirm={say(words.disable)}
          act={async () => {
            await change.mutateAsync({ id, isDisabled: true });
            tellDone(say(words.disabledDone, { name }));
          }}
        />
      );
  }
}

function EditForm({ of, close }: { of: User; close: () => void }) {
  const say = useSay();
  const me = useMe();
  const change = useUserChange();
  const form = useForm<{ name: string; role: Role }>({
    initialValues: { name: of.name, role: of.role },
    validate: { name: (value) => (isFilled(value) ? null : say(common.required)) },
  });
  const { send, refusal, isPending } = useSending(form, async ({ name, role }) => {
    await change.mutateAsync({ id: of.id, name: name.trim(), role });
    tellDone(say(words.edited, { name }));
    close();
  });
  const choices = rolesUpTo(me.role).map((role) => ({ value: role, label: say(roles[role]) }));
  return (
    <form onSubmit={send} noValidate>
      <Stack>
        <TextInput label={say(common.name)} data-autofocus {...form.getInputProps("name")} />
        <NativeSelect label={say(common.role)} data={choices} {...form.getInputProps("role")} />
        <FormFoot refusal={refusal} isPending={isPending} submit={say(common.save)} close={close} />
      </Stack>
    </form>
  );
}
