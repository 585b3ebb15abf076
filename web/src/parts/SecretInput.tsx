/** The field of a password or secret. Mantine shows that it is at fault; this also says so to a screen reader. */
import { PasswordInput, type PasswordInputProps } from "@mantine/core";

export function SecretInput(props: PasswordInputProps) {
  return <PasswordInput aria-invalid={Boolean(props.error) || undefined} {...props} />;
}
