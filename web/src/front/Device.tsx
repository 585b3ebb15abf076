/** The page where a device's code is typed, and the device then allowed or turned away. */
import { Alert, Button, Stack } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { hub, take } from "../api/client";
import { explain } from "../api/fault";
import { useSay } from "../language/language";
import { Refusal } from "../parts/Empty";
import { Answers, AskedScopes } from "./Asked";
import classes from "./Device.module.css";
import { Card } from "./Front";
import { SignedInAs } from "./SignedInAs";
import { groupedCode } from "./userCode";
import { consentWords, deviceWords as words } from "./words";

const route = getRouteApi("/front/front-inside/device");

export function Device() {
  const say = useSay();
  const [userCode, setUserCode] = useState(groupedCode(route.useSearch().user_code ?? ""));
  const open = useMutation({ mutationFn: () => take(hub.POST("/api/oauth/device/open", { body: { userCode } })) });
  const answer = useMutation({
    mutationFn: (allow: boolean) => take(hub.POST("/api/oauth/device", { body: { userCode, allow } })),
  });
  if (answer.isSuccess) {
    return answer.variables
      ? <Card title={say(words.allowed)} text={say(words.allowedText)} />
      : <Card title={say(words.denied)} text={say(words.deniedText)} />;
  }
  if (open.data === undefined) {
    const refusal = open.error === null ? null : explain(open.error, say);
    return <CodeForm code={userCode} change={setUserCode} refusal={refusal} open={open.mutate} isPending={open.isPending} />;
  }
  return (
    <Card title={say(consentWords.title, { name: open.data.client.name })} text={say(consentWords.text)}>
      <Stack>
        <AskedScopes scopes={open.data.scopes} />
        <Alert color="orange" icon={<IconAlertTriangle size={20} />}>{say(words.warning)}</Alert>
        <SignedInAs />
        <Refusal error={answer.error} />
        <Answers answer={answer.mutate} pending={answer.isPending ? answer.variables : null} />
      </Stack>
    </Card>
  );
}

interface CodeFormProps {
  code: string;
  change: (code: string) => void;
  refusal: string | null;
  open: () => void;
  isPending: boolean;
}

function CodeForm({ code, change, refusal, open, isPending }: CodeFormProps) {
  const say = useSay();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    open();
  };
  return (
    <Card title={say(words.title)} text={say(words.text)}>
      <form onSubmit={submit}>
        <Stack>
          <label className="hub-unseen" htmlFor="user-code">{say(words.code)}</label>
          <input
            id="user-code" className={classes.code} value={code} autoFocus autoComplete="off" autoCapitalize="characters"
            spellCheck={false} placeholder="XXXX-XXXX" aria-invalid={refusal !== null} aria-describedby="user-code-refusal"
            onChange={(event) => change(groupedCode(event.currentTarget.value))}
          />
          <p id="user-code-refusal" className={classes.refusal} role="alert">{refusal}</p>
          <Button type="submit" size="md" disabled={code.length < 9} loading={isPending}>{say(words.go)}</Button>
          <SignedInAs />
        </Stack>
      </form>
    </Card>
  );
}
