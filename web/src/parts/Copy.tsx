/** Text to take away: a value or a block of code with a button that copies it and says so. */
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useSay } from "../language/language";
import classes from "./Copy.module.css";
import { common } from "./words";

/** Copies; `isCopied` is true for two seconds after. */
function useCopy(value: string): { isCopied: boolean; copy: () => void } {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return { isCopied, copy: () => void copyText(value).then(setCopied) };
}

/** The clipboard API is absent on plain http, where the older command still works. */
async function copyText(value: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    return navigator.clipboard.writeText(value).then(() => true, () => false);
  }
  const field = document.createElement("textarea");
  field.value = value;
  field.className = "hub-unseen";
  const host = document.querySelector('[role="dialog"]') ?? document.body;
  host.append(field);
  const before = document.activeElement;
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return isDone;
}

/** Says it to whoever does not see the button change. */
function CopiedNotice({ isCopied }: { isCopied: boolean }) {
  const say = useSay();
  return <span role="status" className="hub-unseen">{isCopied && say(common.copied)}</span>;
}

/** A one-line value, such as a link or a secret, in full and selectable. */
export function CopyField({ value, name }: { value: string; name: string }) {
  const say = useSay();
  const { isCopied, copy } = useCopy(value);
  return (
    <div className={classes.field}>
      <code className={classes.value} aria-label={name} role="textbox" aria-readonly tabIndex={0}>
        {value}
      </code>
      <Button
        size="xs"
        variant={isCopied ? "light" : "filled"}
        leftSection={isCopied ? <IconCheck size={16} /> : <IconCopy size={16} />}
        onClick={copy}
        aria-label={isCopied ? say(common.copied) : say(common.copyNamed, { name })}
      >
        {say(isCopied ? common.copied : common.copy)}
      </Button>
      <CopiedNotice isCopied={isCopied} />
    </div>
  );
}

/** A block of code; it scrolls sideways instead of breaking lines. */
export function CopyBlock({ code, name }: { code: string; name: string }) {
  const say = useSay();
  const { isCopied, copy } = useCopy(code);
  const label = isCopied ? say(common.copied) : say(common.copyNamed, { name });
  return (
    <div className={classes.block}>
      <pre className={classes.code} tabIndex={0} role="region" aria-label={name}>
        {code}
      </pre>
      <Tooltip label={label}>
        <ActionIcon className={classes.corner} variant="default" onClick={copy} aria-label={label}>
          {isCopied ? <IconCheck size={16} /> : <IconCopy size={16} />}
        </ActionIcon>
      </Tooltip>
      <CopiedNotice isCopied={isCopied} />
    </div>
  );
}
