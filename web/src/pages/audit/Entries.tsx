/** The entries of the audit log; each opens to what it changed. */
import { Skeleton } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useRef } from "react";
import type { List } from "../../api/lists";
import type { AuditRow } from "../../api/shapes";
import { useLanguage, useSay, type Entry, type Say } from "../../language/language";
import { Trouble } from "../../parts/Empty";
import { useFocusKept } from "../../parts/focus";
import { StateMark } from "../../parts/Marks";
import { exact, Moment } from "../../parts/Moment";
import { More } from "../../parts/More";
import { differences } from "./difference";
import classes from "./Entries.module.css";
import { auditWords as words } from "./words";

export function Entries({ list, empty }: { list: List<AuditRow>; empty: React.ReactNode }) {
  const say = useSay();
  const rows = useRef<HTMLUListElement>(null);
  useFocusKept(list.rows.length);
  if (list.error !== null) return <Trouble error={list.error} retry={list.retry} />;
  if (list.isLoading) {
    return <div className={`hub-card ${classes.loading}`}>{[0, 1, 2, 3, 4].map((n) => <Skeleton key={n} height={24} />)}</div>;
  }
  if (list.rows.length === 0) return <div className="hub-card">{empty}</div>;
  return (
    <>
      <ul ref={rows} className={`hub-card ${classes.entries}`} aria-label={say(words.entries)}>
        {list.rows.map((row) => (
          <li key={row.seq}>
            <AuditEntry of={row} />
          </li>
        ))}
      </ul>
      <More list={list} rows={rows} />
    </>
  );
}

function AuditEntry({ of }: { of: AuditRow }) {
  const say = useSay();
  const target = of.target?.name ?? of.target?.id;
  return (
    <details className={classes.entry}>
      <summary className={classes.summary}>
        <span className={classes.what}>
          <code className={classes.action}>{of.action}</code>
          {target !== undefined && <span className={classes.target}>{target}</span>}
          {of.outcome === "refused" && <StateMark tone="bad" label={say(words.refused)} />}
        </span>
        <span className={classes.who}>{actorName(of, say)}</span>
        <span className={classes.when}><Moment at={of.at} /></span>
        <IconChevronDown size={16} aria-hidden />
      </summary>
      <Detail of={of} />
    </details>
  );
}

const KINDS: Partial<Record<string, Entry>> = {
  user: words.someUser,
  key: words.someKey,
  token: words.someToken,
  client: words.someClient,
  shell: words.shell,
  system: words.system,
  anyone: words.unknown,
};

function actorName({ actor }: AuditRow, say: Say): string {
  const word = KINDS[actor.kind];
  const kind = word === undefined ? actor.kind : say(word);
  if (actor.name === null) return kind;
  return actor.kind === "user" ? actor.name : `${actor.name} (${kind})`;
}

function Detail({ of }: { of: AuditRow }) {
  const say = useSay();
  const language = useLanguage();
  const facts = [
    [words.exactly, of.at === null ? null : exact(new Date(of.at), language)],
    [words.means, of.actor.means],
    [words.address, of.address],
    [words.request, of.requestId],
    [words.seal, `#${of.seq} · ${of.hash}`],
  ] as const;
  return (
    <div className={classes.detail}>
      <Changes of={of} />
      <dl className={classes.facts}>
        {facts.map(([label, value]) => value !== null && (
          <div key={label[0]}>
            <dt>{say(label)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Changes({ of }: { of: AuditRow }) {
  const say = useSay();
  const rows = differences(of.before, of.after);
  if (rows.length === 0) return null;
  return (
    <table className={classes.changes}>
      <thead>
        <tr>
          <th scope="col">{say(words.field)}</th>
          {of.before !== null && <th scope="col">{say(words.before)}</th>}
          {of.after !== null && <th scope="col">{say(words.after)}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.field} data-changed={row.isChanged || undefined}>
            <th scope="row">{row.field}</th>
            {of.before !== null && <td><Side as="del" text={row.before} isChanged={row.isChanged} /></td>}
            {of.after !== null && <td><Side as="ins" text={row.after} isChanged={row.isChanged} /></td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Side({ as: Mark, text, isChanged }: { as: "del" | "ins"; text: string | null; isChanged: boolean }) {
  if (text === null) return "–";
  return isChanged ? <Mark>{text}</Mark> : text;
}
