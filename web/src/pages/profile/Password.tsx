/** One's password: set it, or change it. */
import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { hub, keepCsrfToken, take } from "../../api/client";
import { useChange } from "../../api/changes";
import { sessionQuery, useMe } from "../../api/session";
import { useSay } from "../../language/language";
import { Dialog } from "../../parts/Dialog";
import { FormFoot } from "../../parts/FormFoot";
import { tellDone, useSending } from "../../parts/forms";
import { Section } from "../../parts/Page";
import { SecretInput } from "../../parts/SecretInput";
import { common } from "../../parts/words";
import { profileWords as words } from "./words";

export function Password() {
  const say = useSay();
  const { hasPassword } = useMe();
  const [isOpen, dialog] = useDisclosure(false);
  const title = say(hasPassword ? words.change : words.set);
  return (
    <Section
      title={say(words.password)}
      text={say(hasPassword ? words.hasPassword : words.noPassword)}
      action={<Button variant="default" onClick={dialog.open}>{title}</Button>}
    >
      <Dialog isOpen={isOpen} close={dialog.close} title={title}>
        <PasswordForm hasPassword={hasPassword} close={dialog.close} />
      </Dialog>
    </Section>
  );
}

function PasswordForm({ hasPassword, close }: { hasPassword: boolean; close: () => void }) {
  const say = useSay();
  const needed = (value: string): string | null => (value === "" ? say(common.required) : null);
  const form = useForm({
    initialValues: { current: "", password: "" },
    validate: { current: (value) => (hasPassword ? needed(value) : null), password: needed },
  });
  const change = useChange(
    sessionQuery.queryKey,
    (body: { current: string | null; password: string }) => take(hub.POST("/api/me/password", { body })),
    ({ csrfToken }) => {
      keepCsrfToken(csrfToken);
      tellDone(say(words.passwordDone));
      close();
    },
  );
  const { send, refusal, isPending } = useSending(form, ({ current, password }) =>
    change.mutateAsync({ current: hasPassword ? current : null, password }),
  );
  const toggle = { "aria-label": say(words.show), tabIndex: 0 };
  return (
    <form onSubmit={send} noValidate>
      <Stack>
        {hasPassword && (
          <SecretInput
            label={say(words.current)} autoComplete="current-password" visibilityToggleButtonProps={toggle} data-autofocus
            {...form.getInputProps("current")}
          />
        )}
        <SecretInput
          label={say(words.fresh)} description={say(words.passwordHint)} autoComplete="new-password"
          visibilityToggleButtonProps={toggle} {...form.getInputProps("password")}
        />
        <FormFoot refusal={refusal} isPending={isPending} submit={say(common.save)} close={close} />
      </Stack>
    </form>
  );
}
