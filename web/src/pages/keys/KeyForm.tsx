/** The form of a key, for a new one and for changing one; restrictions are folded until they are wanted. */
import { NativeSelect, NumberInput, Stack, Switch, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { rolesUpTo, useMe } from "../../api/session";
import type { Key, Role, Scope } from "../../api/shapes";
import { useSay } from "../../language/language";
import { Choices } from "../../parts/Choices";
import { Fold } from "../../parts/Fold";
import { FormFoot } from "../../parts/FormFoot";
import { isFilled, useSending } from "../../parts/forms";
import { common, roles, scopes as scopeWords } from "../../parts/words";
import { keyWords as words } from "./words";
import type { KeyLimits } from "./queries";

const DAY_S = 86_400;
const SCOPES = Object.keys(scopeWords) as Scope[];

export interface KeyValues extends KeyLimits {
  name: string;
  role: Role;
  expiresInS: number | null;
}

interface FormValues extends Record<string, unknown> {
  name: string;
  role: Role;
  lifetime: string;
  isLimited: boolean;
  scopes: Scope[];
  models: string[];
  addresses: string[];
  requestsPerMinute: number | string;
  tokensPerMinute: number | string;
  concurrency: number | string;
  strict: boolean;
}

function valuesOf(key: Key | null, role: Role): FormValues {
  return {
    name: key?.name ?? "",
    role: key?.role ?? (role === "guest" ? "guest" : "member"),
    lifetime: String(90 * DAY_S),
    isLimited: key !== null && key.scopes !== null,
    scopes: key?.scopes ?? ["inference", "models.read"],
    models: key?.models ?? [],
    addresses: key?.addresses ?? [],
    requestsPerMinute: key?.requestsPerMinute ?? "",
    tokensPerMinute: key?.tokensPerMinute ?? "",
    concurrency: key?.concurrency ?? "",
    strict: key?.strict ?? false,
  };
}

/** Empty fields mean "no restriction", which the API writes as null. */
function bodyOf(values: FormValues): KeyValues {
  const number = (value: number | string): number | null => (value === "" ? null : Number(value));
  const list = (value: string[]): string[] | null => (value.length === 0 ? null : value);
  return {
    name: values.name.trim(),
    role: values.role,
    expiresInS: values.lifetime === "" ? null : Number(values.lifetime),
    scopes: values.isLimited ? values.scopes : null,
    models: list(values.models),
    addresses: list(values.addresses),
    requestsPerMinute: number(values.requestsPerMinute),
    tokensPerMinute: number(values.tokensPerMinute),
    concurrency: number(values.concurrency),
    strict: values.strict,
  };
}

function useKeyForm(of: Key | null, role: Role) {
  const say = useSay();
  return useForm<FormValues>({
    initialValues: valuesOf(of, role),
    validate: {
      name: (value) => (isFilled(value) ? null : say(common.required)),
      scopes: (value, values) => (values.isLimited && value.length === 0 ? say(common.required) : null),
    },
  });
}

type Form = ReturnType<typeof useKeyForm>;

interface KeyFormProps {
  of: Key | null;
  /** The highest role that the key may have: its owner's. */
  ownerRole?: Role;
  submit: (values: KeyValues) => Promise<unknown>;
  close: () => void;
}

export function KeyForm({ of, ownerRole, submit, close }: KeyFormProps) {
  const say = useSay();
  const me = useMe();
  const highest = ownerRole ?? me.role;
  const form = useKeyForm(of, highest);
  const { send, refusal, isPending } = useSending(form, (values) => submit(bodyOf(values)));
  return (
    <form onSubmit={send} noValidate>
      <Stack>
        <TextInput
          label={say(common.name)} description={say(words.nameHint)} maxLength={100} data-autofocus
          {...form.getInputProps("name")}
        />
        {of === null && <NewKeyFields form={form} highest={highest} />}
        <Restrictions form={form} isOpen={of !== null} />
        <FormFoot
          refusal={refusal} isPending={isPending} close={close} submit={say(of === null ? words.create : common.save)}
        />
      </Stack>
    </form>
  );
}

function NewKeyFields({ form, highest }: { form: Form; highest: Role }) {
  const say = useSay();
  const lifetimes = [
    ...[7, 30, 90].map((n) => ({ value: String(n * DAY_S), label: say(words.days, { n }) })),
    { value: String(365 * DAY_S), label: say(words.year) },
    { value: "", label: say(words.forever) },
  ];
  return (
    <>
      <NativeSelect
        label={say(common.role)} description={say(words.roleHint)}
        data={rolesUpTo(highest).map((role) => ({ value: role, label: say(roles[role]) }))}
        {...form.getInputProps("role")}
      />
      <NativeSelect label={say(words.lifetime)} data={lifetimes} {...form.getInputProps("lifetime")} />
    </>
  );
}

function Restrictions({ form, isOpen }: { form: Form; isOpen: boolean }) {
  const say = useSay();
  return (
    <Fold title={say(words.advanced)} text={say(words.advancedHint)} isOpen={isOpen}>
          <Stack>
            <Switch label={say(words.limitScopes)} {...form.getInputProps("isLimited", { type: "checkbox" })} />
            {form.values.isLimited && (
              <Choices
                label={say(words.scopesLabel)} choices={SCOPES.map((value) => ({ value, label: say(scopeWords[value]) }))}
                {...form.getInputProps("scopes")}
              />
            )}
            <TagsInput
              label={say(words.models)} description={say(words.modelsHint)} acceptValueOnBlur
              {...form.getInputProps("models")}
            />
            <TagsInput
              label={say(words.addresses)} description={say(words.addressesHint)} acceptValueOnBlur
              {...form.getInputProps("addresses")}
            />
            <div className="hub-columns">
              {(["requestsPerMinute", "tokensPerMinute", "concurrency"] as const).map((field) => (
                <NumberInput
                  key={field} label={say(LIMIT_WORDS[field])} placeholder={say(words.unlimited)}
                  min={1} allowDecimal={false} hideControls thousandSeparator=" " {...form.getInputProps(field)}
                />
              ))}
            </div>
            <Switch
              label={say(words.strict)} description={say(words.strictHint)}
              {...form.getInputProps("strict", { type: "checkbox" })}
            />
          </Stack>
    </Fold>
  );
}

const LIMIT_WORDS = {
  requestsPerMinute: words.requests,
  tokensPerMinute: words.tokens,
  concurrency: words.concurrency,
} as const;
