/** Open invitations, and the dialog that makes one. */
import { NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconMailForward, IconX } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { hub, take } from "../../api/client";
import { useChange } from "../../api/changes";
import { rolesUpTo, useMe } from "../../api/session";
import type { Invitation, NewInvitation, Role } from "../../api/shapes";
import { useSay } from "../../language/language";
import { Confirm, Dialog } from "../../parts/Dialog";
import { Empty } from "../../parts/Empty";
import { FormFoot } from "../../parts/FormFoot";
import { isFilled, useSending } from "../../parts/forms";
import { LinkMade } from "../../parts/LinkMade";
import { RoleMark } from "../../parts/Marks";
import { Moment } from "../../parts/Moment";
import { Records } from "../../parts/Records";
import { RowMenu } from "../../parts/RowMenu";
import { common, roles } from "../../parts/words";
import { INVITATIONS, useInvitations } from "./queries";
import { userWords as words } from "./words";

export function Invitations({ invite }: { invite: ReactNode }) {
  const say = useSay();
  const list = useInvitations();
  const [withdrawn, setWithdrawn] = useState<Invitation | null>(null);
  const withdraw = useChange(INVITATIONS, (id: string) =>
    take(hub.DELETE("/api/invitations/{id}", { params: { path: { id } } })));
  return (
    <>
      <Records
        label={say(words.invitations)}
        list={list}
        idOf={(one) => one.id}
        columns={[
          {
            label: say(common.email),
            isHead: true,
            cell: (one) => (
              <Stack gap={0}>
                <Text fw={600} size="sm">{one.email}</Text>
                {one.name !== null && <Text size="xs" c="dimmed">{one.name}</Text>}
              </Stack>
            ),
          },
          { label: say(common.role), cell: (one) => <RoleMark role={one.role} /> },
          { label: say(words.invitedBy), cell: (one) => one.createdByName },
          { label: say(words.expires), cell: (one) => <Moment at={one.expiresAt} /> },
        ]}
        empty={
          <Empty icon={IconMailForward} title={say(words.noInvitesTitle)} text={say(words.noInvitesText)} action={invite} />
        }
        actions={(one) => (
          <RowMenu
            name={one.email}
            actions={[{ label: say(words.withdraw), icon: IconX, act: () => setWithdrawn(one), isDanger: true }]}
          />
        )}
      />
      {withdrawn !== null && (
        <Confirm
          isOpen close={() => setWithdrawn(null)} title={say(words.withdrawTitle, { name: withdrawn.email })}
          text={say(words.withdrawText)} confirm={say(words.withdraw)} act={() => withdraw.mutateAsync(withdrawn.id)}
        />
      )}
    </>
  );
}

export function InviteDialog({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  const say = useSay();
  const [made, setMade] = useState<NewInvitation | null>(null);
  if (made !== null) {
    return (
      <LinkMade
        title={say(words.inviteMade, { name: made.email })} link={made.link} expiresAt={made.expiresAt}
        close={() => setMade(null)}
      />
    );
  }
  return (
    <Dialog isOpen={isOpen} close={close} title={say(words.inviteTitle)}>
      <InviteForm
        close={close}
        done={(invitation) => {
          close();
          setMade(invitation);
        }}
      />
    </Dialog>
  );
}

function InviteForm({ close, done }: { close: () => void; done: (made: NewInvitation) => void }) {
  const say = useSay();
  const me = useMe();
  const form = useForm<{ email: string; name: string; role: Role }>({
    initialValues: { email: "", name: "", role: "member" },
    validate: { email: (value) => (isFilled(value) ? null : say(common.required)) },
  });
  const invite = useChange(INVITATIONS, (body: { email: string; name?: string; role: Role }) =>
    take(hub.POST("/api/invitations", { body })), done);
  const { send, refusal, isPending } = useSending(form, ({ email, name, role }) =>
    invite.mutateAsync({ email: email.trim(), role, ...(isFilled(name) ? { name: name.trim() } : {}) }));
  const choices = rolesUpTo(me.role).map((role) => ({ value: role, label: say(roles[role]) }));
  return (
    <form onSubmit={send} noValidate>
      <Stack>
        <TextInput
          label={say(common.email)} type="email" description={say(words.inviteHint)} autoComplete="off" data-autofocus
          {...form.getInputProps("email")}
        />
        <TextInput label={`${say(common.name)} (${say(common.optional)})`} autoComplete="off" {...form.getInputProps("name")} />
        <NativeSelect label={say(common.role)} data={choices} {...form.getInputProps("role")} />
        <FormFoot refusal={refusal} isPending={isPending} submit={say(words.sendInvite)} close={close} />
      </Stack>
    </form>
  );
}
