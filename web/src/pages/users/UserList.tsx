/** A list of users or service accounts, with what can be done to each. */
import { Stack, Text } from "@mantine/core";
import { IconBan, IconCircleCheck, IconKey, IconKeyOff, IconLink, IconLogout, IconPencil } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { List } from "../../api/lists";
import type { User } from "../../api/shapes";
import { useSay, type Say } from "../../language/language";
import { tellDone, tellFault } from "../../parts/forms";
import { RoleMark, StateMark } from "../../parts/Marks";
import { Moment } from "../../parts/Moment";
import { Records, type Column } from "../../parts/Records";
import { RowMenu, type RowAction } from "../../parts/RowMenu";
import { common } from "../../parts/words";
import { useUserChange } from "./queries";
import { UserDialogs, type UserAct } from "./UserDialogs";
import { userWords as words } from "./words";

interface UserListProps {
  label: string;
  list: List<User>;
  empty: ReactNode;
}

export function UserList({ label, list, empty }: UserListProps) {
  const say = useSay();
  const [dialog, setDialog] = useState<{ act: UserAct; of: User } | null>(null);
  const actionsOf = useActions((act, of) => setDialog({ act, of }));
  const isOfPeople = list.rows[0]?.kind !== "service";
  return (
    <>
      <Records
        label={label}
        list={list}
        columns={columnsOf(say, isOfPeople)}
        idOf={(user) => user.id}
        isFaint={(user) => user.disabledAt !== null}
        empty={empty}
        actions={(user) => <RowMenu name={user.name} actions={actionsOf(user)} />}
      />
      <UserDialogs open={dialog} close={() => setDialog(null)} />
    </>
  );
}

function useActions(ask: (act: UserAct, of: User) => void): (user: User) => RowAction[] {
  const say = useSay();
  const navigate = useNavigate();
  const change = useUserChange();
  const enable = async (user: User): Promise<void> => {
    try {
      await change.mutateAsync({ id: user.id, isDisabled: false });
      tellDone(say(words.enabledDone, { name: user.name }));
    } catch (error) {
      tellFault(error, say);
    }
  };
  return (user) => {
    const to = user.kind === "service" ? "/service-accounts/$userId/keys" : "/users/$userId/keys";
    const keys = (): void => void navigate({ to, params: { userId: user.id } });
    const ofPeople: RowAction[] = [
      { label: say(words.resetLink), icon: IconLink, act: () => ask("reset", user) },
      { label: say(words.signOut), icon: IconLogout, act: () => ask("signOut", user) },
    ];
    return [
      { label: say(common.edit), icon: IconPencil, act: () => ask("edit", user) },
      { label: say(words.keys), icon: IconKey, act: keys },
      ...(user.kind === "person" ? ofPeople : []),
      { label: say(words.revokeKeys), icon: IconKeyOff, act: () => ask("revokeKeys", user), isDanger: true },
      user.disabledAt === null
        ? { label: say(words.disable), icon: IconBan, act: () => ask("disable", user), isDanger: true }
        : { label: say(words.enable), icon: IconCircleCheck, act: () => void enable(user) },
    ];
  };
}

function columnsOf(say: Say, isOfPeople: boolean): Column<User>[] {
  const ofPeople: Column<User>[] = [
    { label: say(words.signsInWith), cell: (user) => <Text size="sm" inherit>{meansOf(user, say)}</Text> },
    { label: say(words.lastSignIn), cell: (user) => <Moment at={user.lastSignInAt} otherwise={say(common.never)} /> },
  ];
  return [
    {
      label: say(common.name),
      isHead: true,
      cell: (user) => (
        <Stack gap={0}>
          <Text fw={600} size="sm" inherit>{user.name}</Text>
          {user.email !== null && <Text size="xs" c="dimmed">{user.email}</Text>}
        </Stack>
      ),
    },
    { label: say(common.role), cell: (user) => <RoleMark role={user.role} /> },
    ...(isOfPeople ? ofPeople : [{ label: say(common.created), cell: (user: User) => <Moment at={user.createdAt} /> }]),
    {
      label: say(common.status),
      cell: (user) =>
        user.disabledAt === null
          ? <StateMark tone="good" label={say(words.active)} />
          : <StateMark tone="plain" label={say(common.disabled)} />,
    },
  ];
}

function meansOf(user: User, say: Say): string {
  const means = [
    ...(user.hasPassword ? [say(words.withPassword)] : []),
    ...(user.passkeys > 0 ? [say(words.withPasskeys, { n: user.passkeys })] : []),
  ];
  return means.length === 0 ? say(words.withElse) : means.join(", ");
}
