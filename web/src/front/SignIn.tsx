/** The sign-in page: email and password, a passkey, or another provider. */
import { Alert, Anchor, Button, Divider, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle, IconFingerprint, IconLogin2, IconTerminal2 } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { hub, take } from "../api/client";
import { Fault } from "../api/fault";
import { canUsePasskeys, signWithPasskey } from "../api/passkeys";
import { startSession, useAuthState } from "../api/session";
import { explainSso } from "../api/ssoFault";
import { useSay } from "../language/language";
import { Refusal } from "../parts/Empty";
import { isFilled, toFault } from "../parts/forms";
import { SecretInput } from "../parts/SecretInput";
import { common } from "../parts/words";
import { Card } from "./Front";
import { isServed, safeNext } from "./next";
import { frontWords as words } from "./words";

const route = getRouteApi("/front/sign-in");

/** Reads the new session and goes to `next`. */
export function useEnter(): (next: string) => Promise<void> {
  const client = useQueryClient();
  const router = useRouter();
  return async (next) => {
    if (isServed(next)) {
      window.location.assign(next);
      return;
    }
    await startSession(client);
    router.history.push(next);
  };
}

export function SignIn() {
  const say = useSay();
  const search = route.useSearch();
  const next = safeNext(search.next);
  const state = useAuthState();
  const enter = useEnter();
  const withPasskey = useMutation({
    mutationFn: async () => {
      const challenge = await take(hub.POST("/api/auth/passkey/options"));
      const body = await signWithPasskey(challenge);
      await take(hub.POST("/api/auth/passkey/sign-in", { body })).catch((error: unknown) => {
        throw refusedPasskey(error);
      });
      await enter(next);
    },
  });
  const issuers = state.data?.ssoIssuers ?? [];
  const isLocal = state.data?.localSignIn ?? true;
  return (
    <Card title={say(words.signIn)}>
      {state.data?.needsSetup === true && <SetupHint />}
      {search.error !== undefined && (
        <Alert color="red" icon={<IconAlertTriangle size={20} />} role="alert" py="xs">
          {explainSso(search.error, say)}
        </Alert>
      )}
      {isLocal && <PasswordForm next={next} canMail={state.data?.canMail ?? true} />}
      {(canUsePasskeys() || issuers.length > 0) && isLocal && <Divider label={say(words.or)} />}
      <Stack gap="xs">
        {canUsePasskeys() && isLocal && (
          <Button
            variant="default"
            size="md"
            leftSection={<IconFingerprint size={20} />}
            loading={withPasskey.isPending}
            onClick={() => withPasskey.mutate()}
          >
            {say(words.passkey)}
          </Button>
        )}
        {issuers.map((issuer) => (
          <Button
            key={issuer.id ?? ""}
            component="a"
            variant="default"
            size="md"
            leftSection={<IconLogin2 size={20} />}
            href={`/api/auth/sso/${encodeURIComponent(issuer.id ?? "")}/start?next=${encodeURIComponent(next)}`}
          >
            {say(words.continueWith, { name: issuer.name ?? "" })}
          </Button>
        ))}
        <Refusal error={withPasskey.error} />
      </Stack>
    </Card>
  );
}

/** The hub refuses passwords and passkeys with one code; the words for a passkey are others. */
function refusedPasskey(error: unknown): unknown {
  const isRefusal = error instanceof Fault && error.code === "sign_in_refused";
  return isRefusal ? new Fault(error.status, "passkey_unknown", error.message) : error;
}

function SetupHint() {
  const say = useSay();
  return (
    <Alert icon={<IconTerminal2 size={20} />} title={say(words.needsSetup)}>
      {say(words.needsSetupText)}
    </Alert>
  );
}

function PasswordForm({ next, canMail }: { next: string; canMail: boolean }) {
  const say = useSay();
  const enter = useEnter();
  const form = useForm({
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => (isFilled(value) ? null : say(common.required)),
      password: (value) => (value === "" ? say(common.required) : null),
    },
  });
  const signIn = useMutation({
    mutationFn: async (body: { email: string; password: string }) => {
      await take(hub.POST("/api/auth/sign-in", { body }));
      await enter(next);
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => signIn.mutate({ ...values, email: values.email.trim() }), toFault)} noValidate>
      <Stack>
        <TextInput
          label={say(common.email)}
          type="email"
          size="md"
          autoComplete="username webauthn"
          autoFocus
          {...form.getInputProps("email")}
        />
        <SecretInput
          label={say(words.password)}
          size="md"
          autoComplete="current-password"
          visibilityToggleButtonProps={{ "aria-label": say(words.showPassword), tabIndex: 0 }}
          {...form.getInputProps("password")}
        />
        <Refusal error={signIn.error} />
        <Button type="submit" size="md" loading={signIn.isPending}>
          {say(words.signIn)}
        </Button>
        <Group justify="center">
          <Anchor component={Link} to="/forgot" size="sm">
            {say(canMail ? words.forgot : words.forgotNoMail)}
          </Anchor>
        </Group>
      </Stack>
    </form>
  );
}
