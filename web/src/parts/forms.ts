/** What forms share: a server's refusal goes to the field it names, and a done thing is told. */
import type { UseFormReturnType } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useState, type FormEvent } from "react";
import { explain, Fault } from "../api/fault";
import { currentLanguage, say, useSay, type Say } from "../language/language";
import { common } from "./words";

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
  toast(message, "accent", 4000);
}

/** One toast for something that failed where no form is open. */
export function tellFault(error: unknown, say: Say): void {
  toast(explain(error, say), "red", 8000);
}

function toast(message: string, color: string, autoClose: number): void {
  const closeButtonProps = { "aria-label": say(currentLanguage(), common.close) };
  notifications.show({ message, color, autoClose, withBorder: true, closeButtonProps });
}

export function isFilled(value: string): boolean {
  return value.trim() !== "";
}

/** Sends a form: while it is under way, and what was refused where no field is at fault. */
export function useSending<V extends Record<string, unknown>>(
  form: UseFormReturnType<V>, submit: (values: V) => Promise<unknown>,
): { send: (event: FormEvent<HTMLFormElement>) => void; refusal: unknown; isPending: boolean } {
  const say = useSay();
  const [refusal, setRefusal] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);
  const run = async (values: V): Promise<void> => {
    setPending(true);
    setRefusal(null);
    try {
      await submit(values);
    } catch (error) {
      setRefusal(placeFault(form, error, say));
    } finally {
      setPending(false);
    }
  };
  return { send: (event) => form.onSubmit((values) => void run(values))(event), refusal, isPending };
}

/** An address on the web, as the API wants it: with its scheme. */
export function isWebAddress(value: string): boolean {
  return /^https?:\/\/\S+$/.test(value.trim());
}
