/** Whose account is about to be used, and the way to use another. */
import { Anchor, Avatar, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { endSession, useMe } from "../api/session";
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
      await endSession(client);
      await navigate({ to: "/sign-in", search: { next: href } });
    } catch (error) {
      tellFault(error, say);
    }
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
