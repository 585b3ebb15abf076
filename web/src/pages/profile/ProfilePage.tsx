/** The page of one's own profile and ways to sign in. */
import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { hub, take } from "../../api/client";
import { useChange } from "../../api/changes";
import { sessionQuery, useMe } from "../../api/session";
import { explainSso } from "../../api/ssoFault";
import { useSay } from "../../language/language";
import { Refusal } from "../../parts/Empty";
import { useFocusKept } from "../../parts/focus";
import { isFilled, tellDone, useSending } from "../../parts/forms";
import { RoleMark } from "../../parts/Marks";
import { PageHead, Section } from "../../parts/Page";
import { common } from "../../parts/words";
import { LinkedAccounts } from "./LinkedAccounts";
import { Passkeys } from "./Passkeys";
import { Password } from "./Password";
import { Sessions } from "./Sessions";
import { profileWords as words } from "./words";

const route = getRouteApi("/inside/profile");

export function ProfilePage() {
  const say = useSay();
  return (
    <>
      <PageHead title={say(words.title)} text={say(words.text)} />
      <LinkingFailed />
      <You />
      <Password />
      <Passkeys />
      <LinkedAccounts />
      <Sessions />
    </>
  );
}

/** Whoever comes back from a provider without having linked it reads why. */
function LinkingFailed() {
  const say = useSay();
  const { error } = route.useSearch();
  const navigate = route.useNavigate();
  useFocusKept(error ?? "");
  if (error === undefined) return null;
  return (
    <Alert
      color="red" icon={<IconAlertTriangle size={20} />} title={say(words.notLinked)} role="alert" mb="md" withCloseButton
      closeButtonLabel={say(common.close)} onClose={() => void navigate({ search: {}, replace: true })}
    >
      {explainSso(error, say)}
    </Alert>
  );
}

function You() {
  const say = useSay();
  const me = useMe();
  const form = useForm({
    initialValues: { name: me.name },
    validate: { name: (value) => (isFilled(value) ? null : say(common.required)) },
  });
  const save = useChange(
    sessionQuery.queryKey,
    (body: { name: string }) => take(hub.PATCH("/api/me", { body })),
    () => {
      form.resetDirty();
      tellDone(say(words.nameSaved));
    },
  );
  const { send, refusal, isPending } = useSending(form, (values) => save.mutateAsync(values));
  return (
    <Section title={say(words.you)} action={<RoleMark role={me.role} />}>
      <form onSubmit={send} noValidate>
        <Stack maw={440}>
          <TextInput label={say(common.name)} autoComplete="name" {...form.getInputProps("name")} />
          {me.email !== null && (
            <TextInput
              label={say(common.email)} description={say(words.emailHint)} value={me.email} readOnly variant="filled"
            />
          )}
          <Refusal error={refusal} />
          <Group>
            <Button type="submit" variant="default" loading={isPending} disabled={!form.isDirty()}>
              {say(common.save)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
