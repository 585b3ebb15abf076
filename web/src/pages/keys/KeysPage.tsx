/** The page of access keys: one's own, or everyone's for administrators. */
import { Button, Group, SegmentedControl, Switch } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { isAdmin, useMe } from "../../api/session";
import { useSay } from "../../language/language";
import { PageHead } from "../../parts/Page";
import { KeyDialogs, type KeyDialog } from "./KeyDialogs";
import { KeyList } from "./KeyList";
import { useKeys } from "./queries";
import { keyWords as words } from "./words";

export function KeysPage() {
  const say = useSay();
  const me = useMe();
  const [owner, setOwner] = useState("me");
  const [withOld, setWithOld] = useState(false);
  const [dialog, show] = useState<KeyDialog | null>(null);
  const list = useKeys(owner, withOld ? "all" : "live");
  const create = (
    <Button leftSection={<IconPlus size={18} />} onClick={() => show({ kind: "create" })}>
      {say(words.create)}
    </Button>
  );
  return (
    <>
      <PageHead title={say(words.title)} text={say(words.text)} action={create} />
      <Group justify="space-between" mb="md" gap="sm">
        {isAdmin(me) ? (
          <SegmentedControl
            aria-label={say(words.whose)}
            value={owner}
            onChange={setOwner}
            data={[{ value: "me", label: say(words.mine) }, { value: "all", label: say(words.everyone) }]}
          />
        ) : (
          <span />
        )}
        <Switch label={say(words.withOld)} checked={withOld} onChange={(event) => setWithOld(event.currentTarget.checked)} />
      </Group>
      <KeyList list={list} show={show} isOfMany={owner === "all"} emptyAction={create} />
      <KeyDialogs open={dialog} show={show} />
    </>
  );
}
