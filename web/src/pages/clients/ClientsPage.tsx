/** The page of OAuth clients. */
import { Button, Code, Stack, Text } from "@mantine/core";
import { IconPencil, IconPlugConnected, IconPlus, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { hub, take } from "../../api/client";
import { useList } from "../../api/lists";
import type { Client } from "../../api/shapes";
import { useSay } from "../../language/language";
import { Empty } from "../../parts/Empty";
import { ScopeMarks, StateMark } from "../../parts/Marks";
import { Moment } from "../../parts/Moment";
import { PageHead } from "../../parts/Page";
import { Records, type Column } from "../../parts/Records";
import { RowMenu, type RowAction } from "../../parts/RowMenu";
import { common } from "../../parts/words";
import { ClientDialogs, CLIENTS, type ClientDialog } from "./ClientDialogs";
import { clientWords as words } from "./words";

export function ClientsPage() {
  const say = useSay();
  const [dialog, show] = useState<ClientDialog | null>(null);
  const list = useList<Client>(CLIENTS, (after) =>
    take(hub.GET("/api/oauth-clients", { params: { query: after === undefined ? {} : { after } } })));
  const create = (
    <Button leftSection={<IconPlus size={18} />} onClick={() => show({ kind: "create" })}>
      {say(words.create)}
    </Button>
  );
  const actionsOf = (client: Client): RowAction[] => [
    { label: say(common.edit), icon: IconPencil, act: () => show({ kind: "edit", of: client }) },
    ...(client.isPublic
      ? []
      : [{ label: say(words.rotate), icon: IconRefresh, act: () => show({ kind: "rotate", of: client }) }]),
    { label: say(common.remove), icon: IconTrash, act: () => show({ kind: "remove", of: client }), isDanger: true },
  ];
  return (
    <>
      <PageHead title={say(words.title)} text={say(words.text)} action={create} />
      <Records
        label={say(words.title)}
        list={list}
        columns={useColumns()}
        idOf={(client) => client.id}
        isFaint={(client) => client.disabledAt !== null}
        empty={<Empty icon={IconPlugConnected} title={say(words.emptyTitle)} text={say(words.emptyText)} action={create} />}
        actions={(client) => <RowMenu name={client.name} actions={actionsOf(client)} />}
      />
      <ClientDialogs open={dialog} show={show} />
    </>
  );
}

function useColumns(): Column<Client>[] {
  const say = useSay();
  return [
    {
      label: say(common.name),
      isHead: true,
      cell: (client) => (
        <Stack gap={2} align="flex-start">
          <Text fw={600} size="sm" inherit>{client.name}</Text>
          <Code>{client.clientId}</Code>
        </Stack>
      ),
    },
    {
      label: say(words.kind),
      cell: (client) => (
        <Stack gap={4} align="flex-start">
          <span>{say(client.isPublic ? words.public : words.confidential)}</span>
          {client.isDynamic && <StateMark tone="warn" label={say(words.dynamic)} />}
        </Stack>
      ),
    },
    { label: say(words.scopes), cell: (client) => <ScopeMarks scopes={client.scopes} /> },
    { label: say(common.created), cell: (client) => <Moment at={client.createdAt} /> },
  ];
}
