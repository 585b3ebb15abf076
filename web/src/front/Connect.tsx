/** The connect page of the published clients: one button gives the waiting application an access key. */
import { Alert, Anchor, Button, Skeleton, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconTerminal2 } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { hub, take } from "../api/client";
import { explain } from "../api/fault";
import { useSay } from "../language/language";
import { Refusal } from "../parts/Empty";
import { connectRequest, type ConnectRequest } from "./connect";
import { Card } from "./Front";
import { SignedInAs } from "./SignedInAs";
import { connectWords as words } from "./words";

const CLOSES_AFTER_MS = 3000;

export function Connect() {
  const say = useSay();
  const { searchStr } = useLocation();
  const request = connectRequest(new URLSearchParams(searchStr));
  if (request === null) return <Card title={say(words.bad)} text={say(words.badToken)} />;
  return <Asking request={request} isCli={new URLSearchParams(searchStr).has("cli")} />;
}

function Asking({ request, isCli }: { request: ConnectRequest; isCli: boolean }) {
  const say = useSay();
  const { sid, source, requiredRoles } = request;
  const waiting = useQuery({
    queryKey: ["connect", sid],
    queryFn: () => take(hub.GET("/api/connect/{sid}", { params: { path: { sid } } })),
    retry: false,
    staleTime: Infinity,
  });
  const allow = useMutation({
    mutationFn: () =>
      take(hub.POST("/.well-known/service/api/access-key/authorize", {
        body: { source, sid, ...(requiredRoles === null ? {} : { requiredRoles }) },
      })),
  });
  if (allow.isSuccess) return <Connected closes={request.closeOnSuccess} />;
  if (waiting.error !== null) return <Card title={say(words.bad)} text={explain(waiting.error, say)} />;
  if (waiting.data === undefined) return <Skeleton height={280} />;
  if (waiting.data.status === "done") return <Card title={say(words.done)} text={say(words.already)} />;
  if (waiting.data.status === "expired") return <Card title={say(words.bad)} text={say(words.expired)} />;
  const name = request.appName || say(words.anApp);
  return (
    <Card title={say(words.title, { name })} text={say(words.text, { name })}>
      <Stack>
        {source !== "" && <Text size="sm" c="dimmed">{say(words.source, { source })}</Text>}
        {isCli && <Alert color="orange" icon={<IconTerminal2 size={20} />}>{say(words.cli)}</Alert>}
        <SignedInAs />
        <Refusal error={allow.error} />
        <Button size="md" loading={allow.isPending} onClick={() => allow.mutate()}>{say(words.allow)}</Button>
      </Stack>
    </Card>
  );
}

function Connected({ closes }: { closes: boolean }) {
  const say = useSay();
  useEffect(() => {
    // The client that opened this page waits for the message; it holds nothing secret, so any origin may read it.
    (window.opener as Window | null)?.postMessage({ type: "connect-aigne-message", success: true }, "*");
    if (!closes) return undefined;
    const timer = setTimeout(() => window.close(), CLOSES_AFTER_MS);
    return () => clearTimeout(timer);
  }, [closes]);
  return (
    <Card
      title={say(words.done)}
      text={
        <span role="status">
          {say(words.doneText)} {closes && say(words.closing)}
        </span>
      }
    >
      <Stack align="center">
        <IconCircleCheck size={64} stroke={1.25} color="var(--hub-accent-text)" aria-hidden />
        <Anchor component={Link} to="/access-keys">{say(words.keys)}</Anchor>
      </Stack>
    </Card>
  );
}
