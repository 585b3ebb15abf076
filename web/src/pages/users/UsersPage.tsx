/** The page of people: who is here, and who is invited. */
import { Button, Tabs, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { IconSearch, IconUserPlus, IconUsers } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useSay } from "../../language/language";
import { Empty } from "../../parts/Empty";
import { PageHead } from "../../parts/Page";
import { Invitations, InviteDialog } from "./Invitations";
import { useUsers } from "./queries";
import { UserList } from "./UserList";
import { userWords as words } from "./words";

const route = getRouteApi("/inside/administration/users");

export function UsersPage() {
  const say = useSay();
  const navigate = useNavigate();
  const tab = route.useSearch().tab === "invitations" ? "invitations" : "people";
  const [isInviting, inviting] = useDisclosure(false);
  const invite = (
    <Button leftSection={<IconUserPlus size={18} />} onClick={inviting.open}>
      {say(words.invite)}
    </Button>
  );
  return (
    <>
      <PageHead title={say(words.title)} text={say(words.text)} action={invite} />
      <Tabs
        value={tab}
        onChange={(value) => void navigate({ to: "/users", search: value === "invitations" ? { tab: value } : {} })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="people">{say(words.people)}</Tabs.Tab>
          <Tabs.Tab value="invitations">{say(words.invitations)}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="people">
          <People />
        </Tabs.Panel>
        <Tabs.Panel value="invitations">
          <Invitations invite={invite} />
        </Tabs.Panel>
      </Tabs>
      <InviteDialog isOpen={isInviting} close={inviting.close} />
    </>
  );
}

function People() {
  const say = useSay();
  const [typed, setTyped] = useState("");
  const [q] = useDebouncedValue(typed.trim(), 250);
  const list = useUsers("person", q);
  return (
    <>
      <TextInput
        mb="md" maw={360} type="search" leftSection={<IconSearch size={16} />} aria-label={say(words.search)}
        placeholder={say(words.search)} value={typed} onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <UserList
        label={say(words.people)}
        list={list}
        empty={<Empty icon={IconUsers} title={say(words.emptyTitle)} text={say(words.emptyText)} />}
      />
    </>
  );
}
