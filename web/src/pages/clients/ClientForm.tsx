/** The form of an OAuth client, for a new one and for changing one. */
import { NativeSelect, Radio, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Client, Grant, Scope } from "../../api/shapes";
import { useSay } from "../../language/language";
import { Choices } from "../../parts/Choices";
import { FormFoot } from "../../parts/FormFoot";
import { isFilled, useSending } from "../../parts/forms";
import { common, scopes as scopeWords } from "../../parts/words";
import { useUsers } from "../users/queries";
import { clientWords as words, grantWords } from "./words";

const GRANTS = Object.keys(grantWords) as Grant[];
const SCOPES = Object.keys(scopeWords) as Scope[];

export interface ClientValues {
  name: string;
  isPublic: boolean;
  redirectUris: string[];
  grants: Grant[];
  scopes: Scope[];
  serviceAccountId: string | null;
}

interface FormValues extends Record<string, unknown> {
  name: string;
  kind: string;
  redirectUris: string;
  grants: Grant[];
  scopes: Scope[];
  serviceAccountId: string;
}

function valuesOf(client: Client | null): FormValues {
  return {
    name: client?.name ?? "",
    kind: client?.isPublic === false ? "confidential" : "public",
    redirectUris: client?.redirectUris.join("\n") ?? "",
    grants: client?.grants ?? ["authorization_code", "refresh_token"],
    scopes: client?.scopes ?? ["inference", "models.read"],
    serviceAccountId: client?.serviceAccountId ?? "",
  };
}

function bodyOf(values: FormValues): ClientValues {
  const isMachine = values.grants.includes("client_credentials");
  return {
    name: values.name.trim(),
    isPublic: values.kind === "public",
    redirectUris: values.redirectUris.split(/\s+/).filter((uri) => uri !== ""),
    grants: values.grants,
    scopes: values.scopes,
    serviceAccountId: isMachine && values.serviceAccountId !== "" ? values.serviceAccountId : null,
  };
}

/** A public client cannot prove itself, so it never acts without a user (RFC 6749, section 4.4). */
function suits(kind: string, grant: Grant): boolean {
  return kind !== "public" || grant !== "client_credentials";
}

interface ClientFormProps {
  of: Client | null;
  submit: (values: ClientValues) => Promise<unknown>;
  close: () => void;
}

export function ClientForm({ of, submit, close }: ClientFormProps) {
  const say = useSay();
  const form = useForm<FormValues>({
    initialValues: valuesOf(of),
    validate: {
      name: (value) => (isFilled(value) ? null : say(common.required)),
      grants: (value) => (value.length === 0 ? say(words.oneGrant) : null),
      scopes: (value) => (value.length === 0 ? say(words.oneGrant) : null),
      redirectUris: (value, { grants }) =>
        grants.includes("authorization_code") && !isFilled(value) ? say(common.required) : null,
      serviceAccountId: (value, { grants }) =>
        grants.includes("client_credentials") && value === "" ? say(common.required) : null,
    },
  });
  const { send, refusal, isPending } = useSending(form, (values) => submit(bodyOf(values)));
  const grants = GRANTS.filter((grant) => suits(form.values.kind, grant));
  return (
    <form onSubmit={send} noValidate>
      <Stack>
        <TextInput label={say(common.name)} data-autofocus {...form.getInputProps("name")} />
        {of === null && (
          <Radio.Group
            label={say(words.kind)} value={form.values.kind}
            onChange={(kind) => form.setValues({ kind, grants: form.values.grants.filter((one) => suits(kind, one)) })}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="public" label={say(words.public)} description={say(words.publicText)} />
              <Radio value="confidential" label={say(words.confidential)} description={say(words.confidentialText)} />
            </Stack>
          </Radio.Group>
        )}
        <Choices
          label={say(words.grants)} choices={grants.map((value) => ({ value, label: say(grantWords[value]) }))}
          {...form.getInputProps("grants")}
        />
        {form.values.grants.includes("authorization_code") && (
          <Textarea
            label={say(words.redirectUris)} description={say(words.redirectHint)} rows={3} spellCheck={false}
            {...form.getInputProps("redirectUris")}
          />
        )}
        {form.values.grants.includes("client_credentials") && (
          <ServiceField {...form.getInputProps("serviceAccountId")} />
        )}
        <Choices
          label={say(words.scopes)} choices={SCOPES.map((value) => ({ value, label: say(scopeWords[value]) }))}
          {...form.getInputProps("scopes")}
        />
        <FormFoot
          refusal={refusal} isPending={isPending} close={close} submit={say(of === null ? words.create : common.save)}
        />
      </Stack>
    </form>
  );
}

function ServiceField(props: object) {
  const say = useSay();
  const services = useUsers("service", "").rows;
  const data = [
    { value: "", label: say(words.chooseService) },
    ...services.map((one) => ({ value: one.id, label: one.name })),
  ];
  return <NativeSelect label={say(words.service)} data={data} {...props} />;
}
