/** Where one is signed in, and the way to end it. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDeviceLaptop, IconDeviceMobile } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { hub, take } from "../../api/client";
import { useChange } from "../../api/changes";
import type { Session } from "../../api/shapes";
import { useSay, type Entry } from "../../language/language";
import { Confirm } from "../../parts/Dialog";
import { tellDone, tellFault } from "../../parts/forms";
import { Item, Items } from "../../parts/Items";
import { StateMark } from "../../parts/Marks";
import { Moment } from "../../parts/Moment";
import { Section } from "../../parts/Page";
import { shortAgent } from "./userAgent";
import { methodWords, profileWords as words } from "./words";

const SESSIONS = ["sessions"] as const;

export function Sessions() {
  const say = useSay();
  const [isAsking, asking] = useDisclosure(false);
  const query = useQuery({ queryKey: SESSIONS, queryFn: () => take(hub.GET("/api/me/sessions")) });
  const endOthers = useChange(SESSIONS, () => take(hub.DELETE("/api/me/sessions")), () =>
    tellDone(say(words.othersEnded)));
  const hasOthers = (query.data?.list.length ?? 0) > 1;
  return (
    <Section
      title={say(words.sessions)}
      text={say(words.sessionsText)}
      action={hasOthers && <Button variant="default" onClick={asking.open}>{say(words.endOthers)}</Button>}
    >
      <Items query={query} empty="">
        {(session) => <SessionItem key={session.id} of={session} />}
      </Items>
      <Confirm
        isOpen={isAsking} close={asking.close} title={say(words.endOthersTitle)} text={say(words.endOthersText)}
        confirm={say(words.endOthers)} act={() => endOthers.mutateAsync(undefined)}
      />
    </Section>
  );
}

function SessionItem({ of }: { of: Session }) {
  const say = useSay();
  const { browser, system } = shortAgent(of.userAgent);
  const name =
    browser !== null && system !== null
      ? say(words.on, { browser, system })
      : (browser ?? system ?? say(words.unknownBrowser));
  const end = useChange(SESSIONS, () => take(hub.DELETE("/api/me/sessions/{id}", { params: { path: { id: of.id } } })), () =>
    tellDone(say(words.ended)));
  const isPhone = system === "iPhone" || system === "Android";
  return (
    <Item
      icon={isPhone ? IconDeviceMobile : IconDeviceLaptop}
      title={<>{name}{of.isCurrent && <StateMark tone="good" label={say(words.thisOne)} />}</>}
      text={<>{of.address} · {<Method of={of.method} />} · <Moment at={of.lastSeenAt} /></>}
      action={
        !of.isCurrent && (
          <Button
            variant="subtle" color="gray" size="xs" loading={end.isPending}
            aria-label={say(words.endNamed, { name })}
            onClick={() => end.mutate(undefined, { onError: (error) => tellFault(error, say) })}
          >
            {say(words.end)}
          </Button>
        )
      }
    />
  );
}

function Method({ of }: { of: string }) {
  const say = useSay();
  const known: Partial<Record<string, Entry>> = methodWords;
  const word = known[of];
  return word === undefined ? of : say(word);
}
