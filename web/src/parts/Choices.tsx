/** Several of a few: check boxes under a common label. */
import { Checkbox, Stack } from "@mantine/core";
import { useId, type ReactNode } from "react";

interface ChoicesProps<V extends string> {
  label: string;
  description?: string;
  choices: readonly { value: V; label: string; description?: string }[];
  value?: V[];
  onChange: (value: V[]) => void;
  error?: ReactNode;
  /** Its name in the form, by which the focus finds it. */
  "data-path"?: string;
}

export function Choices<V extends string>({ choices, value = [], onChange, ...others }: ChoicesProps<V>) {
  const errorId = useId();
  // A screen reader in one of the boxes hears what is wrong with all of them.
  const fault = others.error ? { "aria-invalid": true, "aria-describedby": errorId } : {};
  return (
    <Checkbox.Group
      {...others} value={value} errorProps={{ id: errorId }}
      onChange={(chosen) => onChange(choices.map((one) => one.value).filter((one) => chosen.includes(one)))}
    >
      <Stack gap="xs" mt="xs">
        {choices.map((one) => (
          <Checkbox key={one.value} value={one.value} label={one.label} description={one.description} {...fault} />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
