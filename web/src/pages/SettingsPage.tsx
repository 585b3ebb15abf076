/** The page of the hub's settings that can be changed while it runs. */
import { Skeleton, Stack, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { hub, take } from "../api/client";
import { useChange } from "../api/changes";
import { authStateQuery, useAuthState } from "../api/session";
import { dictionary, useSay, type Entry } from "../language/language";
import { Confirm } from "../parts/Dialog";
import { Trouble } from "../parts/Empty";
import { tellDone, tellFault } from "../parts/forms";
import { PageHead, Section } from "../parts/Page";
import { common } from "../parts/words";

const words = dictionary({
  title: ["Settings", "设置"],
  text: ["How people and applications get into this hub.", "用户与应用进入此 Hub 的方式。"],
  signIn: ["Sign-in", "登录"],
  local: ["Sign in with a password or passkey", "使用密码或通行密钥登录"],
  localText: [
    "When this is off, people sign in only through single sign-on. The shell can turn it on again.",
    "关闭后只能通过单点登录进入，可在命令行中重新开启。",
  ],
  apps: ["Applications", "应用"],
  dynamic: ["Applications may register themselves", "允许应用自行注册"],
  dynamicText: [
    "For clients such as MCP tools that register by themselves (RFC 7591). Each still needs the user’s consent.",
    "适用于 MCP 等自行注册的客户端（RFC 7591），仍需用户逐一授权。",
  ],
  offTitle: ["Turn local sign-in off?", "关闭本地登录？"],
  offText: [
    "Make sure that single sign-on works for at least one owner, or nobody can sign in any more.",
    "请确认至少一位所有者可以通过单点登录进入，否则将无人能够登录。",
  ],
  off: ["Turn it off", "关闭"],
  about: ["About", "关于"],
  version: ["Version {version}", "版本 {version}"],
});

const PREFERENCES = ["preferences"] as const;
type Preferences = { localSignIn?: boolean; dynamicRegistration?: boolean };

export function SettingsPage() {
  const say = useSay();
  const [isAsking, setAsking] = useState(false);
  const version = useAuthState().data?.version;
  const query = useQuery({ queryKey: PREFERENCES, queryFn: () => take(hub.GET("/api/preferences")) });
  const save = useChange(PREFERENCES, (body: Preferences) => take(hub.PATCH("/api/preferences", { body })), () =>
    tellDone(say(common.saved)));
  const state = useChange(authStateQuery.queryKey, (body: Preferences) => save.mutateAsync(body));
  const set = (body: Preferences): void => state.mutate(body, { onError: (error) => tellFault(error, say) });
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      <PageHead title={say(words.title)} text={say(words.text)} />
      <Section title={say(words.signIn)}>
        <Choice
          label={words.local} text={words.localText} value={query.data?.localSignIn}
          change={(isOn) => (isOn ? set({ localSignIn: true }) : setAsking(true))}
        />
      </Section>
      <Section title={say(words.apps)}>
        <Choice
          label={words.dynamic} text={words.dynamicText} value={query.data?.dynamicRegistration}
          change={(isOn) => set({ dynamicRegistration: isOn })}
        />
      </Section>
      {version !== undefined && <Section title={say(words.about)} text={`AIGNE Hub · ${say(words.version, { version })}`} />}
      <Confirm
        isOpen={isAsking} close={() => setAsking(false)} title={say(words.offTitle)} text={say(words.offText)}
        confirm={say(words.off)} act={() => state.mutateAsync({ localSignIn: false })}
      />
    </>
  );
}

interface ChoiceProps {
  label: Entry;
  text: Entry;
  value: boolean | undefined;
  change: (isOn: boolean) => void;
}

function Choice({ label, text, value, change }: ChoiceProps) {
  const say = useSay();
  if (value === undefined) return <Stack><Skeleton height={40} /></Stack>;
  return (
    <Switch
      label={say(label)} description={say(text)} checked={value}
      onChange={(event) => change(event.currentTarget.checked)}
    />
  );
}
