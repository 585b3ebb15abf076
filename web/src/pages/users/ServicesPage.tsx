/** The page of service accounts. */
import { Button, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconRobot } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { hub, take } from "../../api/client";
import { useChange } from "../../api/changes";
import { rolesUpTo, useMe } from "../../api/session";
import type { Role } from "../../api/shapes";
import { useSay } from "../../language/language";
import { Dialog } from "../../parts/Dialog";
import { Empty } from "../../parts/Empty";
import { FormFoot } from "../../parts/FormFoot";
import { isFilled, tellDone, useSending } from "../../parts/forms";
import { PageHead } from "../../parts/Page";
import { common, roles } from "../../parts/words";
import { USERS, useUsers } from "./queries";
import { UserList } from "./UserList";
import { serviceWords as words } from "./words";

export function ServicesPage() {
  const say = useSay();
  const list = useUsers("service", "");
  const [isOpen, dialog] = useDisclosure(false);
  const create = (
    <Button leftSection={<IconPlus size={18} />} onClick={dialog.open}>
      {say(words.create)}
    </Button>
  );
  return (
    <>
      <PageHead title={say(words.title)} text={say(words.text)} action={create} />
      <UserList
        label={say(words.title)}
        list={list}
        empty={<Empty icon={IconRobot} title={say(words.emptyTitle)} text={say(words.emptyText)} action={create} />}
      />
      <Dialog isOpen={isOpen} close={dialog.close} title={say(words.create)}>
        <ServiceForm close={dialog.close} />
      </Dialog>
    </>
  );
}

function ServiceForm({ close }: { close: () => void }) {
  const say = useSay();
  const me = useMe();
  const navigate = useNavigate();
  const form = useForm<{ name: string; role: Role }>({
    initialValues: { name: "", role: "member" },
    validate: { name: (value) => (isFilled(value) ? null : say(common.required)) },
  });
  const create = useChange(USERS, (body: { name: string; role: Role }) =>
    take(hub.POST("/api/users", { body: { kind: "service", ...body } })), (user) => {
    tellDone(say(words.made, { name: user.name }));
    void navigate({ to: "/service-accounts/$userId/keys", params: { userId: user.id } });
  });
  const { send, refusal, isPending } = useSending(form, ({ name, role }) => create.mutateAsync({ name: name.trim(), role }));
  const choices = rolesUpTo(me.role).map((role) => ({ value: role, label: say(roles[role]) }));
  return (
    <form onSubmit={send} noValidate>
      <Stack>
        <TextInput
          label={say(common.name)} description={say(words.nameHint)} data-autofocus {...form.getInputProps("name")}
        />
        <NativeSelect label={say(common.role)} data={choices} {...form.getInputProps("role")} />
        <FormFoot refusal={refusal} isPending={isPending} submit={say(words.create)} close={close} />
      </Stack>
    </form>
  );
}
