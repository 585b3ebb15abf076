/** The page of applications that act in one's name. */
import { Text } from "@mantine/core";
import { IconApps, IconBan } from "@tabler/icons-react";
import { useState } from "react";
import { hub, take } from "../api/client";
import { useChange } from "../api/changes";
import { useList } from "../api/lists";
import type { App } from "../api/shapes";
import { dictionary, useSay } from "../language/language";
import { Confirm } from "../parts/Dialog";
import { Empty } from "../parts/Empty";
import { tellDone } from "../parts/forms";
import { ScopeMarks } from "../parts/Marks";
import { Moment } from "../parts/Moment";
import { PageHead } from "../parts/Page";
import { Records } from "../parts/Records";
import { RowMenu } from "../parts/RowMenu";
import { common } from "../parts/words";

const words = dictionary({
  title: ["Authorised apps", "已授权应用"],
  text: ["Applications that you allowed to act in your name.", "您允许以您的名义操作的应用。"],
  app: ["Application", "应用"],
  may: ["May", "权限"],
  since: ["Allowed", "授权时间"],
  lastUsed: ["Last used", "最近使用"],
  emptyTitle: ["No application acts for you", "没有应用以您的名义操作"],
  emptyText: [
    "When you connect an application to this hub and allow it, it appears here, and you can stop it here.",
    "当您将应用连接到此 Hub 并授权后，它会显示在这里，您可以随时停止。",
  ],
  stop: ["Stop", "停止授权"],
  stopTitle: ["Stop “{name}”?", "停止“{name}”？"],
  stopText: ["It loses its access at once. To use it again you have to allow it again.", "它将立即失去访问权限，再次使用需要重新授权。"],
  stopped: ["“{name}” no longer acts for you", "“{name}”已停止授权"],
});

const APPS = ["apps"] as const;

export function AppsPage() {
  const say = useSay();
  const [stopped, setStopped] = useState<App | null>(null);
  const list = useList<App>(APPS, async () => ({ ...(await take(hub.GET("/api/me/apps"))), next: null }));
  const stop = useChange(APPS, (app: App) => take(hub.DELETE("/api/me/apps/{id}", { params: { path: { id: app.id } } })));
  return (
    <>
      <PageHead title={say(words.title)} text={say(words.text)} />
      <Records
        label={say(words.title)}
        list={list}
        idOf={(app) => app.id}
        columns={[
          { label: say(words.app), isHead: true, cell: (app) => <Text fw={600} inherit>{app.clientName}</Text> },
          { label: say(words.may), cell: (app) => <ScopeMarks scopes={app.scopes} /> },
          { label: say(words.since), cell: (app) => <Moment at={app.createdAt} /> },
          { label: say(words.lastUsed), cell: (app) => <Moment at={app.lastUsedAt} otherwise={say(common.never)} /> },
        ]}
        empty={<Empty icon={IconApps} title={say(words.emptyTitle)} text={say(words.emptyText)} />}
        actions={(app) => (
          <RowMenu
            name={app.clientName}
            actions={[{ label: say(words.stop), icon: IconBan, act: () => setStopped(app), isDanger: true }]}
          />
        )}
      />
      {stopped !== null && (
        <Confirm
          isOpen close={() => setStopped(null)} title={say(words.stopTitle, { name: stopped.clientName })}
          text={say(words.stopText)} confirm={say(words.stop)}
          act={async () => {
            await stop.mutateAsync(stopped);
            tellDone(say(words.stopped, { name: stopped.clientName }));
          }}
        />
      )}
    </>
  );
}
