/** The page of one account's access keys, for administrators. */
import { Anchor, Button } from "@mantine/core";
import { IconArrowLeft, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { hub, take } from "../../api/client";
import { useSay } from "../../language/language";
import { Trouble } from "../../parts/Empty";
import { PageHead } from "../../parts/Page";
import { KeyDialogs, type KeyDialog } from "../keys/KeyDialogs";
import { KeyList } from "../keys/KeyList";
import { useKeys } from "../keys/queries";
import { keyWords } from "../keys/words";
import { USERS } from "./queries";
import { serviceWords, userWords as words } from "./words";

export function UserKeysPage() {
  const say = useSay();
  const { userId = "" } = useParams({ strict: false });
  const [dialog, show] = useState<KeyDialog | null>(null);
  const list = useKeys(userId, "all");
  const user = useQuery({
    queryKey: [...USERS, "one", userId],
    queryFn: () => take(hub.GET("/api/users/{id}", { params: { path: { id: userId } } })),
  });
  if (user.isError) return <Trouble error={user.error} retry={() => void user.refetch()} />;
  const owner = user.data;
  const isService = owner?.kind === "service";
  const create = owner !== undefined && (
    <Button
      leftSection={<IconPlus size={18} />}
      onClick={() => show({ kind: "create", owner: { id: owner.id, role: owner.role } })}
    >
      {say(keyWords.create)}
    </Button>
  );
  return (
    <>
      <Anchor component={Link} to={isService ? "/service-accounts" : "/users"} size="sm">
        <IconArrowLeft size={14} aria-hidden /> {say(isService ? serviceWords.title : words.title)}
      </Anchor>
      <PageHead title={say(words.keysOf, { name: owner?.name ?? "…" })} text={say(words.keysOfText)} action={create} />
      <KeyList list={list} show={show} isOfMany={false} emptyAction={create} />
      <KeyDialogs open={dialog} show={show} />
    </>
  );
}
