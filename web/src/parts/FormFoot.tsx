/** The foot of a form in a dialog: what was refused, and the two buttons. */
import { Button, Group } from "@mantine/core";
import { useSay } from "../language/language";
import { Refusal } from "./Empty";
import { common } from "./words";

interface FormFootProps {
  refusal: unknown;
  isPending: boolean;
  submit: string;
  close: () => void;
}

export function FormFoot({ refusal, isPending, submit, close }: FormFootProps) {
  const say = useSay();
  return (
    <>
      <Refusal error={refusal} />
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={close}>{say(common.cancel)}</Button>
        <Button type="submit" loading={isPending}>{submit}</Button>
      </Group>
    </>
  );
}
