/** The dialogs of an OAuth client: register, edit, rotate its secret, delete, and the secret shown once. */
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconShieldLock } from "@tabler/icons-react";
import { hub, take } from "../../api/client";
import { useChange } from "../../api/changes";
import type { Client, NewClient } from "../../api/shapes";
import { useSay } from "../../language/language";
import { CopyField } from "../../parts/Copy";
import { Confirm, Dialog } from "../../parts/Dialog";
import { tellDone } from "../../parts/forms";
import { common } from "../../parts/words";
import { ClientForm, type ClientValues } from "./ClientForm";
import { clientWords as words } from "./words";

export const CLIENTS = ["oauth-clients"] as const;

export type ClientDialog =
  | { kind: "create" }
  | { kind: "edit" | "rotate" | "remove"; of: Client }
  | { kind: "made" | "rotated"; of: NewClient };

interface DialogsProps {
  open: ClientDialog | null;
  show: (dialog: ClientDialog | null) => void;
}

const at = (id: string) => ({ params: { path: { id } } });

function useClientChanges() {
  const create = useChange(CLIENTS, (body: ClientValues) => take(hub.POST("/api/oauth-clients", { body })));
  const edit = useChange(CLIENTS, ({ id, values }: { id: string; values: ClientValues }) => {
    const { isPublic: _isPublic, ...body } = values;
    return take(hub.PATCH("/api/oauth-clients/{id}", { ...at(id), body }));
  });
  const rotate = useChange(CLIENTS, (id: string) => take(hub.POST("/api/oauth-clients/{id}/rotate-secret", at(id))));
  const remove = useChange(CLIENTS, (id: string) => take(hub.DELETE("/api/oauth-clients/{id}", at(id))));
  return { create, edit, rotate, remove };
}

export function ClientDialogs({ open, show }: DialogsProps) {
  const say = useSay();
  const { create, edit, rotate, remove } = useClientChanges();
  const close = (): void => show(null);
  if (open === null) return null;
  const shared = { isOpen: true, close };
  switch (open.kind) {
    case "create":
      return (
        <Dialog {...shared} title={say(words.create)} size="lg">
          <ClientForm
            of={null} close={close}
            submit={async (values) => show({ kind: "made", of: await create.mutateAsync(values) })}
          />
        </Dialog>
      );
    case "edit":
      return (
        <Dialog {...shared} title={say(words.editTitle, { name: open.of.name })} size="lg">
          <ClientForm
            of={open.of} close={close}
            submit={async (values) => {
              const { name } = await edit.mutateAsync({ id: open.of.id, values });
              tellDone(say(words.changed, { name }));
              close();
            }}
          />
        </Dialog>
      );
    case "rotate":
      return (
        <Confirm
          {...shared} done={() => undefined} title={say(words.rotateTitle, { name: open.of.name })}
          text={say(words.rotateText)} confirm={say(words.rotate)}
          act={async () => show({ kind: "rotated", of: await rotate.mutateAsync(open.of.id) })}
        />
      );
    case "remove":
      return (
        <Confirm
          {...shared} title={say(words.removeTitle, { name: open.of.name })} text={say(words.removeText)}
          confirm={say(common.remove)}
          act={async () => {
            await remove.mutateAsync(open.of.id);
            tellDone(say(words.removed, { name: open.of.name }));
          }}
        />
      );
    case "made":
    case "rotated":
      return <Made of={open.of} title={say(open.kind === "made" ? words.madeTitle : words.rotatedTitle)} close={close} />;
  }
}

function Made({ of, title, close }: { of: NewClient; title: string; close: () => void }) {
  const say = useSay();
  const secret = of.clientSecret ?? null;
  return (
    <Dialog isOpen close={close} title={title} size="lg" isEasilyClosed={secret === null}>
      <Stack>
        <div>
          <Text fw={600} size="sm" mb={4}>{say(words.clientId)}</Text>
          <CopyField value={of.clientId} name={say(words.clientId)} />
        </div>
        {secret !== null && (
          <>
            <div>
              <Text fw={600} size="sm" mb={4}>{say(words.secret)}</Text>
              <CopyField value={secret} name={say(words.secret)} />
            </div>
            <Alert icon={<IconShieldLock size={20} />} title={say(common.keepSafe)}>{say(common.keepSafeText)}</Alert>
          </>
        )}
        <Group justify="flex-end">
          <Button onClick={close}>{say(common.done)}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
