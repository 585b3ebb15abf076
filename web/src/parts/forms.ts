/** What forms share: a server's refusal goes to the field it names, and a done thing is told. */
import type { FormErrors, UseFormReturnType } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useState, type FormEvent, type SyntheticEvent } from "react";
import { explain, Fault } from "../api/fault";
import { currentLanguage, say, useSay, type Say } from "../language/language";
import { common } from "./words";

const FIELDS = "input:not([type=hidden]), select, textarea, button";

/** After a failed check of a form the focus goes to the first field at fault, as the page has them. */
export function toFault(errors: FormErrors, _values: unknown, event?: SyntheticEvent<HTMLFormElement>): void {
  if (event !== undefined) focusField(event.currentTarget, Object.keys(errors));
}

/** Focuses the first of the named fields; a folded part of the form opens for it. */
export function focusField(form: HTMLFormElement | null, names: readonly string[]): void {
  const fields = form?.querySelectorAll<HTMLElement>("[data-path]") ?? [];
  const field = [...fields].find((one) => names.includes(one.dataset["path"] ?? ""));
  const fold = field?.closest("details");
  if (fold) fold.open = true;
  const input = field?.matches(FIELDS) ? field : field?.querySelector<HTMLElement>(FIELDS);
  input?.focus();
}

/** Puts the refusal beside its field, which gets the focus; gives it back when no field of the form is at fault. */
export function placeFault<V extends Record<string, unknown>>(
  form: UseFormReturnType<V>, error: unknown, say: Say, fields: HTMLFormElement | null,
): unknown {
  const param = error instanceof Fault ? error.param?.split(/[.[]/)[0] : undefined;
  if (param === undefined || !(param in form.getValues())) return error;
  form.setFieldError(param, explain(error, say));
  focusField(fields, [param]);
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
  const run = async (values: V, fields: HTMLFormElement): Promise<void> => {
    setPending(true);
    setRefusal(null);
    try {
      await submit(values);
    } catch (error) {
      setRefusal(placeFault(form, error, say, fields));
    } finally {
      setPending(false);
    }
  };
  const send = (event: FormEvent<HTMLFormElement>): void => {
    const fields = event.currentTarget;
    form.onSubmit((values) => void run(values, fields), toFault)(event);
  };
  return { send, refusal, isPending };
}

/** An address on the web, as the API wants it: with its scheme. */
export function isWebAddress(value: string): boolean {
  return /^https?:\/\/\S+$/.test(value.trim());
}
