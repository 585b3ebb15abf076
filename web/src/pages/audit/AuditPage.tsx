/** The page of the audit log: filters, entries, export, and the check of its seals. */
import { Alert, Button, Menu, NativeSelect, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconAlertTriangle, IconDownload, IconHistory, IconShieldCheck } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { hub, take } from "../../api/client";
import { useList } from "../../api/lists";
import type { AuditRow } from "../../api/shapes";
import { useSay } from "../../language/language";
import { Empty, Refusal } from "../../parts/Empty";
import { PageHead } from "../../parts/Page";
import { common } from "../../parts/words";
import { Entries } from "./Entries";
import { exportAddress, NO_FILTERS, queryOf, type Filters } from "./filters";
import { auditWords as words } from "./words";

export function AuditPage() {
  const say = useSay();
  const [filters, setFilters] = useState<Filters>(NO_FILTERS);
  const [settled] = useDebouncedValue(filters, 300);
  const query = queryOf(settled);
  const list = useList<AuditRow>(["audit", query], (after) =>
    take(hub.GET("/api/audit", { params: { query: after === undefined ? query : { ...query, after: Number(after) } } })));
  const verify = useMutation({ mutationFn: () => take(hub.GET("/api/audit/verify")) });
  return (
    <>
      <PageHead
        title={say(words.title)}
        text={say(words.text)}
        action={
          <>
            <ExportMenu filters={settled} />
            <Button
              variant="default" leftSection={<IconShieldCheck size={18} />} loading={verify.isPending}
              onClick={() => verify.mutate()}
            >
              {say(words.verify)}
            </Button>
          </>
        }
      />
      <Refusal error={verify.error} />
      {verify.data !== undefined && <Verdict of={verify.data} />}
      <FilterBar filters={filters} change={setFilters} />
      <Entries
        list={list}
        empty={
          <Empty
            icon={IconHistory} title={say(words.emptyTitle)} text={say(words.emptyText)}
            action={<Button variant="default" onClick={() => setFilters(NO_FILTERS)}>{say(words.clear)}</Button>}
          />
        }
      />
    </>
  );
}

function ExportMenu({ filters }: { filters: Filters }) {
  const say = useSay();
  return (
    <Menu position="bottom-end" withInitialFocusPlaceholder={false} portalProps={{ target: "#content" }}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={18} />}>{say(words.export)}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(["jsonl", "csv"] as const).map((format) => (
          <Menu.Item key={format} component="a" href={exportAddress(filters, format)} download>
            {say(words.exportAs, { format: format.toUpperCase() })}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface VerdictProps {
  of: { ok: boolean; rows: number; firstBad: number | null; problem: string | null; head: { seq: number; hash: string } | null };
}

function Verdict({ of }: VerdictProps) {
  const say = useSay();
  return of.ok ? (
    <Alert icon={<IconShieldCheck size={20} />} title={say(words.whole)} mb="md" role="status">
      {say(words.wholeText, { rows: of.rows, seq: of.head?.seq ?? 0 })}
      {of.head !== null && (
        <Text size="xs" mt={4} className="hub-code">{say(words.head)}: {of.head.hash}</Text>
      )}
    </Alert>
  ) : (
    <Alert color="red" icon={<IconAlertTriangle size={20} />} title={say(words.broken)} mb="md" role="alert">
      {say(words.brokenText, { seq: of.firstBad ?? "?" })}
      {of.problem !== null && <Text size="xs" mt={4} className="hub-code">{of.problem}</Text>}
    </Alert>
  );
}

function FilterBar({ filters, change }: { filters: Filters; change: (filters: Filters) => void }) {
  const say = useSay();
  const field = (name: keyof Filters) => ({
    label: say(words[name]),
    size: "sm" as const,
    value: filters[name],
    onChange: (event: { currentTarget: { value: string } }) => change({ ...filters, [name]: event.currentTarget.value }),
  });
  const outcomes = [
    { value: "", label: say(common.all) },
    { value: "done", label: say(words.done) },
    { value: "refused", label: say(words.refused) },
  ];
  return (
    <search className="hub-columns hub-filters" aria-label={say(words.filters)}>
      <TextInput placeholder="key.create" spellCheck={false} {...field("action")} />
      <TextInput {...field("actor")} />
      <TextInput {...field("target")} />
      <NativeSelect data={outcomes} {...field("outcome")} />
      <TextInput type="date" {...field("from")} />
      <TextInput type="date" {...field("to")} />
    </search>
  );
}
