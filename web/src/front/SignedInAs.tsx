/** Whose account is about to be used, and the way to use another. */
import { Anchor, Avatar, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { hub, keepCsrfToken, take } from "../api/client";
import { sessionQuery, useMe } from "../api/session";
import { useSay } from "../language/language";
import { tellFault } from "../parts/forms";
import { consentWords as words } from "./words";

export function SignedInAs() {
  const say = useSay();
  const me = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { href } = useLocation();
  const change = async (): Promise<void> => {
    try {
      await take(hub.POST("/api/auth/sign-out"));
    } catch (error) {
      tellFault(error, say);
      return;
    }
    keepCsrfToken(null);
    client.setQueryData(sessionQuery.queryKey, null);
    await navigate({ to: "/sign-in", search: { next: href } });
  };
  return (
    <Group gap="sm" wrap="nowrap">
      <Avatar size={32} radius="xl" name={me.name} color="accent" variant="light" aria-hidden />
      <div>
        <Text size="sm" fw={600}>{say(words.signedInAs, { name: me.name })}</Text>
        <Anchor component="button" type="button" size="xs" onClick={() => void change()}>
          {say(words.another)}
        </Anchor>
      </div>
    </Group>
  );
}
