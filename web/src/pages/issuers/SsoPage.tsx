/** The page of single sign-on: the OpenID providers through which people sign in. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { IconLink, IconLogin2, IconPencil, IconPlus, IconStethoscope, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { hub, take } from "../../api/client";
import { useChange } from "../../api/changes";
import { useList } from "../../api/lists";
import type { SsoIssuer } from "../../api/shapes";
import { useSay } from "../../language/language";
import { CopyField } from "../../parts/Copy";
import { Confirm, Dialog } from "../../parts/Dialog";
import { Empty } from "../../parts/Empty";
import { tellDone, tellFault } from "../../parts/forms";
import { RoleMark, StateMark } from "../../parts/Marks";
import { PageHead } from "../../parts/Page";
import { Records } from "../../parts/Records";
import { RowMenu } from "../../parts/RowMenu";
import { common } from "../../parts/words";
import { SsoForm, type SsoValues } from "./SsoForm";
import { issuerWords, ssoWords as words } from "./words";

const ISSUERS = ["sso-issuers"] as const;
type Open = { kind: "create" } | { kind: "edit" | "remove" | "redirect"; of: SsoIssuer } | null;

export function SsoPage() {
  const say = useSay();
  const [open, show] = useState<Open>(null);
  const list = useList<SsoIssuer>(ISSUERS, () => take(hub.GET("/api/sso-issuers")));
  const test = useTest();
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
          { label: say(words.defaultRole), cell: ({ defaultRole }) => <RoleMark role={defaultRole} /> },
          { label: say(words.domainsShort), cell: ({ domains }) => domains.join(", ") || say(words.anyDomain) },
          { label: say(issuerWords.state), cell: ({ isEnabled }) => <IssuerState isEnabled={isEnabled} /> },
        ]}
        empty={<Empty icon={IconLogin2} title={say(words.emptyTitle)} text={say(words.emptyText)} action={create} />}
        actions={(issuer) => (
          <RowMenu
            name={issuer.name}
            actions={[
              { label: say(common.edit), icon: IconPencil, act: () => show({ kind: "edit", of: issuer }) },
              { label: say(words.test), icon: IconStethoscope, act: () => test(issuer) },
              { label: say(words.showRedirect), icon: IconLink, act: () => show({ kind: "redirect", of: issuer }) },
              { label: say(common.remove), icon: IconTrash, act: () => show({ kind: "remove", of: issuer }), isDanger: true },
            ]}
          />
        )}
      />
      <Dialogs open={open} show={show} />
    </>
  );
}

export function IssuerState({ isEnabled }: { isEnabled: boolean }) {
  const say = useSay();
  return isEnabled
    ? <StateMark tone="good" label={say(issuerWords.on)} />
    : <StateMark tone="plain" label={say(issuerWords.off)} />;
}

function useTest(): (issuer: SsoIssuer) => void {
  const say = useSay();
  return ({ id, name }) =>
    void take(hub.POST("/api/sso-issuers/{id}/test", { params: { path: { id } } })).then(
      ({ authorizationEndpoint }) => tellDone(say(words.works, { name, address: authorizationEndpoint })),
      (error: unknown) => tellFault(error, say),
    );
}

function Dialogs({ open, show }: { open: Open; show: (open: Open) => void }) {
  const say = useSay();
  const close = (): void => show(null);
  const create = useChange(ISSUERS, (body: SsoValues) => take(hub.POST("/api/sso-issuers", { body })));
  const edit = useChange(ISSUERS, ({ id, values }: { id: string; values: SsoValues }) => {
    const { clientSecret, ...rest } = values;
    const body = clientSecret === "" ? rest : values;
    return take(hub.PATCH("/api/sso-issuers/{id}", { params: { path: { id } }, body }));
  });
  const remove = useChange(ISSUERS, (id: string) =>
    take(hub.DELETE("/api/sso-issuers/{id}", { params: { path: { id } } })));
  if (open === null) return null;
  const shared = { isOpen: true, close };
  switch (open.kind) {
    case "create":
      return (
        <Dialog {...shared} title={say(words.add)} size="lg">
          <SsoForm
            of={null} close={close}
            submit={async (values) => show({ kind: "redirect", of: await create.mutateAsync(values) })}
          />
        </Dialog>
      );
    case "edit":
      return (
        <Dialog {...shared} title={say(issuerWords.editTitle, { name: open.of.name })} size="lg">
          <SsoForm
            of={open.of} close={close}
            submit={async (values) => {
              const { name } = await edit.mutateAsync({ id: open.of.id, values });
              tellDone(say(issuerWords.changed, { name }));
              close();
            }}
          />
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
    case "redirect":
      return (
        <Dialog {...shared} title={say(words.redirect)} size="lg">
          <Stack>
            <Text size="sm">{say(words.redirectText)}</Text>
            <CopyField value={open.of.redirectUri} name={say(words.redirect)} />
            <Group justify="flex-end">
              <Button onClick={close}>{say(common.done)}</Button>
            </Group>
          </Stack>
        </Dialog>
      );
  }
}
