/** The form of an issuer whose tokens programs may bring instead of a key. */
import { Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Scope, TrustedIssuer } from "../../api/shapes";
import { useSay } from "../../language/language";
import { Choices } from "../../parts/Choices";
import { FormFoot } from "../../parts/FormFoot";
import { isFilled, isWebAddress, useSending } from "../../parts/forms";
import { mapOf, Pairs, pairsOf, type Pair } from "../../parts/Pairs";
import { common, scopes as scopeWords } from "../../parts/words";
import { useUsers } from "../users/queries";
import { issuerWords, trustedWords as words } from "./words";

const ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"] as const;
const SCOPES = Object.keys(scopeWords) as Scope[];

export interface TrustedValues {
  name: string;
  url: string;
  audience: string;
  jwksUrl: string | null;
  algorithms: string[];
  subjectClaim: string;
  subjects: Record<string, string>;
  scopes: Scope[];
  isEnabled: boolean;
}

interface FormValues extends Record<string, unknown>, Omit<TrustedValues, "subjects" | "jwksUrl"> {
  jwksUrl: string;
  subjects: Pair[];
}

function valuesOf(issuer: TrustedIssuer | null): FormValues {
  return {
    name: issuer?.name ?? "",
    url: issuer?.url ?? "",
    audience: issuer?.audience ?? "aigne-hub",
    jwksUrl: issuer?.jwksUrl ?? "",
    algorithms: issuer?.algorithms ?? ["RS256"],
    subjectClaim: issuer?.subjectClaim ?? "sub",
    subjects: pairsOf(issuer?.subjects ?? {}),
    scopes: issuer?.scopes ?? ["inference", "models.read"],
    isEnabled: issuer?.isEnabled ?? true,
  };
}

function bodyOf(values: FormValues): TrustedValues {
  return {
    ...values,
    name: values.name.trim(),
    url: values.url.trim(),
    audience: values.audience.trim(),
    subjectClaim: values.subjectClaim.trim(),
    jwksUrl: isFilled(values.jwksUrl) ? values.jwksUrl.trim() : null,
    subjects: mapOf(values.subjects),
  };
}

interface TrustedFormProps {
  of: TrustedIssuer | null;
  submit: (values: TrustedValues) => Promise<unknown>;
  close: () => void;
}

export function TrustedForm({ of, submit, close }: TrustedFormProps) {
  const say = useSay();
  const services = useUsers("service", "").rows;
  const people = useUsers("person", "").rows;
  const accounts = [...services, ...people].map((one) => ({ value: one.id, label: one.name }));
  const needed = (value: string): string | null => (isFilled(value) ? null : say(common.required));
  const chosen = (value: readonly string[]): string | null => (value.length === 0 ? say(words.oneAtLeast) : null);
  const form = useForm<FormValues>({
    initialValues: valuesOf(of),
    validate: {
      name: needed,
      url: (value) => (isWebAddress(value) ? null : say(issuerWords.urlBad)),
      audience: needed,
      jwksUrl: (value) => (value === "" || isWebAddress(value) ? null : say(issuerWords.urlBad)),
      algorithms: chosen,
      subjectClaim: needed,
      scopes: chosen,
    },
  });
  const { send, refusal, isPending } = useSending(form, (values) => submit(bodyOf(values)));
  return (
    <form onSubmit={send} noValidate>
      <Stack>
        <TextInput label={say(common.name)} data-autofocus {...form.getInputProps("name")} />
        <TextInput label={say(issuerWords.url)} type="url" {...form.getInputProps("url")} />
        <TextInput label={say(words.audience)} description={say(words.audienceHint)} {...form.getInputProps("audience")} />
        <TextInput label={say(words.jwksUrl)} description={say(words.jwksHint)} type="url" {...form.getInputProps("jwksUrl")} />
        <Choices
          label={say(words.algorithms)} choices={ALGORITHMS.map((value) => ({ value, label: value }))}
          {...form.getInputProps("algorithms")}
        />
        <TextInput label={say(words.subjectClaim)} {...form.getInputProps("subjectClaim")} />
        <Pairs
          label={say(words.subjects)} description={say(words.subjectsHint)} keyLabel={form.values.subjectClaim}
          valueLabel={say(words.account)} choices={accounts} {...form.getInputProps("subjects")}
        />
        <Choices
          label={say(words.scopes)} choices={SCOPES.map((value) => ({ value, label: say(scopeWords[value]) }))}
          {...form.getInputProps("scopes")}
        />
        <Switch label={say(issuerWords.isEnabled)} {...form.getInputProps("isEnabled", { type: "checkbox" })} />
        <FormFoot refusal={refusal} isPending={isPending} close={close} submit={say(of === null ? words.add : common.save)} />
      </Stack>
    </form>
  );
}
