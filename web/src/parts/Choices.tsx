/** Several of a few: check boxes under a common label. */
import { Checkbox, Stack } from "@mantine/core";
import type { ReactNode } from "react";

interface ChoicesProps<V extends string> {
  label: string;
  description?: string;
  choices: readonly { value: V; label: string; description?: string }[];
  value?: V[];
  onChange: (value: V[]) => void;
  error?: ReactNode;
}

export function Choices<V extends string>({ label, description, choices, value = [], onChange, error }: ChoicesProps<V>) {
  return (
    <Checkbox.Group
      label={label} description={description} value={value} error={error}
      onChange={(chosen) => onChange(choices.map((one) => one.value).filter((one) => chosen.includes(one)))}
    >
      <Stack gap="xs" mt="xs">
        {choices.map((one) => (
          <Checkbox key={one.value} value={one.value} label={one.label} description={one.description} />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
