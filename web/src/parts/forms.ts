/** What forms share: a server's refusal goes to the field it names, and a done thing is told. */
import type { UseFormReturnType } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { explain, Fault } from "../api/fault";
import type { Say } from "../language/language";

/** Puts the refusal beside its field; gives it back when no field of the form is at fault. */
export function placeFault<V extends Record<string, unknown>>(
  form: UseFormReturnType<V>, error: unknown, say: Say,
): unknown {
  const param = error instanceof Fault ? error.param?.split(/[.[]/)[0] : undefined;
  if (param === undefined || !(param in form.getValues())) return error;
  form.setFieldError(param, explain(error, say));
  return null;
}

/** One toast for one done thing. */
export function tellDone(message: string): void {
  notifications.show({ message, color: "accent", autoClose: 4000, withBorder: true });
}

/** One toast for something that failed where no form is open. */
export function tellFault(error: unknown, say: Say): void {
  notifications.show({ message: explain(error, say), color: "red", autoClose: 8000, withBorder: true });
}

export function isFilled(value: string): boolean {
  return value.trim() !== "";
}
