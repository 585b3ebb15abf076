/** The consent page of OAuth: who asks, for what, and where one returns to. */
import { Alert, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { hub, take } from "../api/client";
import { useSay } from "../language/language";
import { Refusal } from "../parts/Empty";
import { Answers, AskedScopes } from "./Asked";
import { Card } from "./Front";
import { isOpenable } from "./next";
import { SignedInAs } from "./SignedInAs";
import { consentWords as words } from "./words";

const route = getRouteApi("/front/front-inside/consent");

export function Consent() {
  const say = useSay();
  const ticket = route.useSearch().request ?? "";
  const path = { ticket };
  const asked = useQuery({
    queryKey: ["oauth-request", ticket],
    queryFn: () => take(hub.GET("/api/oauth/requests/{ticket}", { params: { path } })),
    enabled: ticket !== "",
    retry: false,
    staleTime: Infinity,
  });
  const answer = useMutation({
    mutationFn: async (allow: boolean) => {
      const { redirect } = await take(hub.POST("/api/oauth/requests/{ticket}", { params: { path }, body: { allow } }));
      if (!isOpenable(redirect)) throw new Error(say(words.unsafe));
      window.location.assign(redirect);
    },
  });
  if (ticket === "" || asked.error !== null) {
    return <Card title={say(words.lost)} text={say(words.lostText)} />;
  }
  if (asked.data === undefined) return <Skeleton height={320} />;
  const { client, scopes, redirectHost, isKnown } = asked.data;
  const isLeaving = answer.isPending || answer.isSuccess;
  return (
    <Card title={say(words.title, { name: client.name })} text={say(words.text)}>
      <Stack>
        <AskedScopes scopes={scopes} />
        {client.isDynamic && (
          <Alert color="orange" icon={<IconAlertTriangle size={20} />}>{say(words.dynamic)}</Alert>
        )}
        <Text size="sm" c="dimmed">
          {say(words.returns, { host: redirectHost })} {isKnown && say(words.known)}
        </Text>
        <SignedInAs />
        <Refusal error={answer.error} />
        <Answers answer={answer.mutate} pending={isLeaving ? (answer.variables ?? null) : null} />
      </Stack>
    </Card>
  );
}
