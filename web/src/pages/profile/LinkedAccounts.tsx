/** One's accounts at other providers. */
import { Button, Group } from "@mantine/core";
import { IconLink, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { hub, take } from "../../api/client";
import { useChange } from "../../api/changes";
import { useAuthState } from "../../api/session";
import { inSsoWords } from "../../api/ssoFault";
import type { Identity } from "../../api/shapes";
import { useSay } from "../../language/language";
import { isOpenable } from "../../front/next";
import { Confirm } from "../../parts/Dialog";
import { Refusal } from "../../parts/Empty";
import { Item, Items } from "../../parts/Items";
import { Moment } from "../../parts/Moment";
import { Section } from "../../parts/Page";
import { common } from "../../parts/words";
import { profileWords as words } from "./words";

const IDENTITIES = ["identities"] as const;

export function LinkedAccounts() {
  const say = useSay();
  const issuers = useAuthState().data?.ssoIssuers ?? [];
  const [removed, setRemoved] = useState<Identity | null>(null);
  const query = useQuery({ queryKey: IDENTITIES, queryFn: () => take(hub.GET("/api/me/identities")) });
  const start = useMutation({
    mutationFn: async (issuerId: string) => {
      const { url } = await take(hub.POST("/api/me/identities/{issuerId}/start", { params: { path: { issuerId } } }));
      if (isOpenable(url)) window.location.assign(url);
    },
  });
  const unlink = useChange(IDENTITIES, (id: string) =>
    take(hub.DELETE("/api/me/identities/{id}", { params: { path: { id } } })));
  const linked = new Set(query.data?.list.map((one) => one.issuerId));
  const open = query.data === undefined ? [] : issuers.filter((one) => !linked.has(one.id ?? ""));
  if (issuers.length === 0 && linked.size === 0) return null;
  return (
    <Section
      title={say(words.linked)}
      text={say(words.linkedText)}
      action={open.length > 0 && (
        <Group gap="xs">
          {open.map((issuer) => (
            <Button
              key={issuer.id ?? ""} variant="default" leftSection={<IconPlus size={18} />} loading={start.isPending}
              onClick={() => start.mutate(issuer.id ?? "")}
            >
              {say(words.link, { name: issuer.name ?? "" })}
            </Button>
          ))}
        </Group>
      )}
    >
      <Refusal error={inSsoWords(start.error, say)} />
      <Items query={query} empty={say(words.noLinked)}>
        {(identity) => (
          <Item
            key={identity.id}
            icon={IconLink}
            title={identity.issuerName}
            text={<>{identity.email} · {say(words.lastUsed)} <Moment at={identity.lastUsedAt} otherwise={say(common.never)} /></>}
            action={
              <Button variant="subtle" color="gray" size="xs" onClick={() => setRemoved(identity)}>
                {say(words.unlink)}
              </Button>
            }
          />
        )}
      </Items>
      {removed !== null && (
        <Confirm
          isOpen close={() => setRemoved(null)} title={say(words.unlinkTitle, { name: removed.issuerName })}
          text={say(words.unlinkText)} confirm={say(words.unlink)} act={() => unlink.mutateAsync(removed.id)}
        />
      )}
    </Section>
  );
}
