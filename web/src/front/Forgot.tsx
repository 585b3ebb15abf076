/** For whoever cannot sign in: a link by mail, or whom to ask. */
import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { hub, take } from "../api/client";
import { useAuthState } from "../api/session";
import { useSay } from "../language/language";
import { CopyField } from "../parts/Copy";
import { Refusal } from "../parts/Empty";
import { common } from "../parts/words";
import { Card } from "./Front";
import { forgotWords as words } from "./words";

export function Forgot() {
  const say = useSay();
  const state = useAuthState();
  const back = (
    <Anchor component={Link} to="/sign-in" size="sm">
      {say(words.back)}
    </Anchor>
  );
  if (state.data?.canMail === false) {
    return (
      <Card title={say(words.title)} text={say(words.noMail)}>
        <Stack>
          <Text size="sm">{say(words.noMailOwner)}</Text>
          <CopyField value="aigne-hub user link USER_ID" name={say(words.command)} />
          {back}
        </Stack>
      </Card>
    );
  }
  return <MailForm back={back} />;
}

function MailForm({ back }: { back: React.ReactNode }) {
  const say = useSay();
  const [email, setEmail] = useState("");
  const send = useMutation({ mutationFn: () => take(hub.POST("/api/auth/password-reset", { body: { email } })) });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send.mutate();
  };
  if (send.isSuccess) {
    return (
      <Card title={say(words.sentTitle)} text={say(words.sent, { email })}>
        {back}
      </Card>
    );
  }
  return (
    <Card title={say(words.title)} text={say(words.text)}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={say(common.email)} type="email" size="md" autoComplete="username" autoFocus required withAsterisk={false}
            value={email} onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Refusal error={send.error} />
          <Button type="submit" size="md" loading={send.isPending}>{say(words.send)}</Button>
          {back}
        </Stack>
      </form>
    </Card>
  );
}
