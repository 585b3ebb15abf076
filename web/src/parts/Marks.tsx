/** Small signs: a role, a state, a list of scopes. */
import { Badge, Group, Tooltip } from "@mantine/core";
import type { Role, Scope } from "../api/shapes";
import { useSay } from "../language/language";
import { roles, scopes as scopeWords } from "./words";

const ROLE_COLOURS: Record<Role, string> = { owner: "accent", admin: "accent", member: "gray", guest: "gray" };

export function RoleMark({ role }: { role: Role }) {
  const say = useSay();
  return (
    <Badge variant={role === "guest" ? "outline" : "light"} color={ROLE_COLOURS[role]} tt="none" fw={550}>
      {say(roles[role])}
    </Badge>
  );
}

export type Tone = "good" | "warn" | "bad" | "plain";
const TONES: Record<Tone, string> = { good: "accent", warn: "orange", bad: "red", plain: "gray" };

export function StateMark({ tone, label, hint }: { tone: Tone; label: string; hint?: string }) {
  const mark = (
    <Badge variant="light" color={TONES[tone]} tt="none" fw={550}>
      {label}
    </Badge>
  );
  return hint === undefined ? mark : <Tooltip label={hint}>{mark}</Tooltip>;
}

export function ScopeMarks({ scopes }: { scopes: readonly Scope[] }) {
  const say = useSay();
  return (
    <Group gap={4} component="span">
      {scopes.map((scope) => (
        <Badge key={scope} variant="default" tt="none" fw={500}>
          {say(scopeWords[scope])}
        </Badge>
      ))}
    </Group>
  );
}
