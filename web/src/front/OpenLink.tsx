/** The page of links: set-up, invitation and password reset end here in an account and a session. */
import { Anchor, Button, Divider, Skeleton, Stack, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { IconFingerprint } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { hub, take } from "../api/client";
import { explain } from "../api/fault";
import { canUsePasskeys, makePasskey, nameOfThisDevice } from "../api/passkeys";
import type { Link as OpenedLink } from "../api/shapes";
import { useSay } from "../language/language";
import { Refusal } from "../parts/Empty";
import { focusField, isFilled, placeFault, tellDone } from "../parts/forms";
import { SecretInput } from "../parts/SecretInput";
import { common, roles } from "../parts/words";
import { Card } from "./Front";
import { useEnter } from "./SignIn";
import { frontWords, linkWords as words } from "./words";

export function OpenLink() {
  const say = useSay();
  const { hash } = useLocation();
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? "";
  const link = useQuery({
    queryKey: ["link", token],
    queryFn: () => take(hub.POST("/api/auth/links/open", { body: { token } })),
    enabled: token !== "",
    retry: false,
    staleTime: Infinity,
  });
  if (token === "" || link.error !== null) {
    return (
      <Card title={say(words.broken)} text={token === "" ? say(words.noToken) : explain(link.error, say)}>
        <Anchor component={Link} to="/sign-in">{say(words.toSignIn)}</Anchor>
      </Card>
    );
  }
  if (link.data === undefined) return <Skeleton height={360} aria-label={say(words.opening)} role="status" />;
  return <Redeem token={token} link={link.data} />;
}

interface Values extends Record<string, unknown> {
  name: string;
  email: string;
  password: string;
}

/** What goes with the token: only what the link does not already know. */
function personOf(values: Values, link: OpenedLink): { name: string; email?: string } {
  const name = values.name.trim();
  return link.email === null ? { name, email: values.email.trim() } : { name };
}

function Redeem({ token, link }: { token: string; link: OpenedLink }) {
  const say = useSay();
  const enter = useEnter();
  const [refusal, setRefusal] = useState<unknown>(null);
  const fields = useRef<HTMLFormElement>(null);
  const isReset = link.purpose === "password_reset";
  const form = useForm<Values>({
    initialValues: { name: link.name ?? "", email: link.email ?? "", password: "" },
    validate: {
      name: (value) => (isReset || isFilled(value) ? null : say(common.required)),
      email: (value) => (isFilled(value) ? null : say(common.required)),
    },
  });
  const finish = useMutation({
    mutationFn: async (withPasskey: boolean) => {
      const values = form.getValues();
      const person = isReset ? {} : personOf(values, link);
      const means = withPasskey
        ? { passkey: await newPasskey(token, personOf(values, link)) }
        : { password: values.password };
      await take(hub.POST("/api/auth/links/redeem", { body: { token, ...person, ...means } }));
      await enter("/");
      tellDone(say(words.welcome));
    },
    onError: (error) => setRefusal(placeFault(form, error, say, fields.current)),
    onMutate: () => setRefusal(null),
  });
  const submit = (withPasskey: boolean) => {
    if (withPasskey || form.getValues().password !== "") return finish.mutate(withPasskey);
    form.setFieldError("password", say(common.required));
    focusField(fields.current, ["password"]);
  };
  const check = (withPasskey: boolean) =>
    form.onSubmit(() => submit(withPasskey), (errors) => focusField(fields.current, Object.keys(errors)));
  return (
    <Card {...titleOf(link, say)}>
      <form noValidate ref={fields} onSubmit={check(false)}>
        <Stack>
          <Fields form={form} link={link} />
          <Refusal error={refusal} />
          <Button type="submit" size="md" loading={finish.isPending && !finish.variables} disabled={finish.isPending}>
            {say(isReset ? words.saveReset : words.create)}
          </Button>
          {canUsePasskeys() && (
            <>
              <Divider label={say(frontWords.or)} />
              <Button
                variant="default" size="md" leftSection={<IconFingerprint size={20} />} disabled={finish.isPending}
                loading={finish.isPending && finish.variables} onClick={() => check(true)()}
              >
                {say(words.withPasskey)}
              </Button>
            </>
          )}
        </Stack>
      </form>
    </Card>
  );
}

function Fields({ form, link }: { form: UseFormReturnType<Values>; link: OpenedLink }) {
  const say = useSay();
  const isReset = link.purpose === "password_reset";
  return (
    <>
      {!isReset && (
        <TextInput label={say(words.yourName)} size="md" autoComplete="name" autoFocus {...form.getInputProps("name")} />
      )}
      <TextInput
        label={say(common.email)} type="email" size="md" autoComplete="username" readOnly={link.email !== null}
        {...(link.email === null ? {} : { variant: "filled" })} {...form.getInputProps("email")}
      />
      <SecretInput
        label={say(isReset ? words.newPassword : frontWords.password)} description={say(words.passwordHint)} size="md"
        autoComplete="new-password" autoFocus={isReset}
        visibilityToggleButtonProps={{ "aria-label": say(frontWords.showPassword), tabIndex: 0 }}
        {...form.getInputProps("password")}
      />
    </>
  );
}

async function newPasskey(token: string, person: { name: string; email?: string }) {
  const challenge = await take(hub.POST("/api/auth/links/passkey-options", { body: { token, ...person } }));
  return { ...(await makePasskey(challenge)), name: nameOfThisDevice() };
}

function titleOf(link: OpenedLink, say: ReturnType<typeof useSay>): { title: string; text: string } {
  switch (link.purpose) {
    case "set_up":
      return { title: say(words.setUp), text: say(words.setUpText) };
    case "invitation":
      return {
        title: say(words.invitation),
        text: say(words.invitationText, { role: say(roles[link.role ?? "member"]) }),
      };
    default:
      return { title: say(words.reset), text: say(words.resetText) };
  }
}
