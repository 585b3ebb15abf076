/** A field of pairs: a value on the left stands for something on the right. */
import { ActionIcon, Button, Input, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useRef } from "react";
import { dictionary, useSay } from "../language/language";
import classes from "./Pairs.module.css";

const words = dictionary({
  add: ["Add a line", "添加一行"],
  remove: ["Remove line {n}", "移除第 {n} 行"],
});

export interface Pair {
  key: string;
  value: string;
}

interface PairsProps {
  label: string;
  description: string;
  keyLabel: string;
  valueLabel: string;
  choices: readonly { value: string; label: string }[];
  value?: Pair[];
  onChange: (pairs: Pair[]) => void;
  error?: React.ReactNode;
  /** Its name in the form, by which the focus finds it. */
  "data-path"?: string;
}

export function Pairs({ label, keyLabel, valueLabel, choices, value = [], onChange, ...others }: PairsProps) {
  const say = useSay();
  const add = useRef<HTMLButtonElement>(null);
  const set = (at: number, change: Partial<Pair>): void =>
    onChange(value.map((pair, n) => (n === at ? { ...pair, ...change } : pair)));
  const remove = (at: number): void => {
    onChange(value.filter((_, n) => n !== at));
    add.current?.focus(); // the button that was pressed may be gone with its line
  };
  return (
    <Input.Wrapper {...others} label={label} labelElement="div" role="group" aria-label={label}>
      <div className={classes.pairs}>
        {value.map((pair, n) => (
          <div key={n} className={classes.pair}>
            <TextInput
              aria-label={`${keyLabel} ${n + 1}`} placeholder={keyLabel} value={pair.key}
              onChange={(event) => set(n, { key: event.currentTarget.value })}
            />
            <NativeSelect
              aria-label={`${valueLabel} ${n + 1}`} data={[...choices]} value={pair.value}
              onChange={(event) => set(n, { value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle" color="gray" size="lg" aria-label={say(words.remove, { n: n + 1 })}
              onClick={() => remove(n)}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </div>
        ))}
        <Button
          ref={add} variant="subtle" size="compact-sm" leftSection={<IconPlus size={16} />} className={classes.add}
          onClick={() => onChange([...value, { key: "", value: choices[0]?.value ?? "" }])}
        >
          {say(words.add)}
        </Button>
      </div>
    </Input.Wrapper>
  );
}

export function pairsOf(map: Readonly<Record<string, string>>): Pair[] {
  return Object.entries(map).map(([key, value]) => ({ key, value }));
}

/** Lines without a value on the left are left out. */
export function mapOf<V extends string>(pairs: readonly Pair[]): Record<string, V> {
  const filled = pairs.filter((pair) => pair.key.trim() !== "");
  return Object.fromEntries(filled.map((pair) => [pair.key.trim(), pair.value as V]));
}
