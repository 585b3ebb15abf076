/** The page of trusted issuers: whose tokens are taken instead of a key. */
import { Button, Stack, Text } from "@mantine/core";
import { IconPencil, IconPlus, IconShieldCheck, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { hub, take } from "../../api/client";
import { useChange } from "../../api/changes";
import { useList } from "../../api/lists";
import type { TrustedIssuer } from "../../api/shapes";
import { useSay } from "../../language/language";
import { Confirm, Dialog } from "../../parts/Dialog";
import { Empty } from "../../parts/Empty";
import { tellDone } from "../../parts/forms";
import { ScopeMarks } from "../../parts/Marks";
import { PageHead } from "../../parts/Page";
import { Records } from "../../parts/Records";
import { RowMenu } from "../../parts/RowMenu";
import { common } from "../../parts/words";
import { IssuerState } from "./SsoPage";
import { TrustedForm, type TrustedValues } from "./TrustedForm";
import { issuerWords, trustedWords as words } from "./words";

const ISSUERS = ["trusted-issuers"] as const;
type Open = { kind: "create" } | { kind: "edit" | "remove"; of: TrustedIssuer } | null;

export function TrustedPage() {
  const say = useSay();
  const [open, show] = useState<Open>(null);
  const list = useList<TrustedIssuer>(ISSUERS, () => take(hub.GET("/api/trusted-issuers")));
  const create = (
    <Button leftSection={<IconPlus size={18} />} onClick={() => show({ kind: "create" })}>
      {say(words.add)}
    </Button>
  );
  return (
    <>
      <PageHead title={say(words.title)} text={say(words.text)} action={create} />
      <Records
        label={say(words.title)}
        list={list}
        idOf={(issuer) => issuer.id}
        isFaint={(issuer) => !issuer.isEnabled}
        columns={[
          {
            label: say(common.name),
            isHead: true,
            cell: ({ name, url }) => (
              <Stack gap={0}>
                <Text fw={600} size="sm" inherit>{name}</Text>
                <Text size="xs" c="dimmed">{url}</Text>
              </Stack>
            ),
          },
          { label: say(words.audience), cell: ({ audience }) => audience },
          { label: say(words.callers), cell: ({ subjects }) => Object.keys(subjects).length },
          { label: say(words.scopes), cell: ({ scopes }) => <ScopeMarks scopes={scopes} /> },
          { label: say(issuerWords.state), cell: ({ isEnabled }) => <IssuerState isEnabled={isEnabled} /> },
        ]}
        empty={<Empty icon={IconShieldCheck} title={say(words.emptyTitle)} text={say(words.emptyText)} action={create} />}
        actions={(issuer) => (
          <RowMenu
            name={issuer.name}
            actions={[
              { label: say(common.edit), icon: IconPencil, act: () => show({ kind: "edit", of: issuer }) },
              { label: say(common.remove), icon: IconTrash, act: () => show({ kind: "remove", of: issuer }), isDanger: true },
            ]}
          />
        )}
      />
      <Dialogs open={open} close={() => show(null)} />
    </>
  );
}

function Dialogs({ open, close }: { open: Open; close: () => void }) {
  const say = useSay();
  const saved = ({ name }: TrustedIssuer): void => {
    tellDone(say(issuerWords.changed, { name }));
    close();
  };
  const create = useChange(ISSUERS, (body: TrustedValues) => take(hub.POST("/api/trusted-issuers", { body })), saved);
  const edit = useChange(ISSUERS, ({ id, body }: { id: string; body: TrustedValues }) =>
    take(hub.PATCH("/api/trusted-issuers/{id}", { params: { path: { id } }, body })), saved);
  const remove = useChange(ISSUERS, (id: string) =>
    take(hub.DELETE("/api/trusted-issuers/{id}", { params: { path: { id } } })));
  if (open === null) return null;
  const shared = { isOpen: true, close };
  switch (open.kind) {
    case "create":
      return (
        <Dialog {...shared} title={say(words.add)} size="lg">
          <TrustedForm of={null} close={close} submit={create.mutateAsync} />
        </Dialog>
      );
    case "edit":
      return (
        <Dialog {...shared} title={say(issuerWords.editTitle, { name: open.of.name })} size="lg">
          <TrustedForm of={open.of} close={close} submit={(body) => edit.mutateAsync({ id: open.of.id, body })} />
        </Dialog>
      );
    case "remove":
      return (
        <Confirm
          {...shared} title={say(issuerWords.removeTitle, { name: open.of.name })} text={say(words.removeText)}
          confirm={say(common.remove)}
          act={async () => {
            await remove.mutateAsync(open.of.id);
            tellDone(say(issuerWords.removed, { name: open.of.name }));
          }}
        />
      );
  }
}
