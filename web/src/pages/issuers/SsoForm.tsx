/** The form of an OpenID provider through which people sign in. */
import { NativeSelect, Stack, Switch, TagsInput, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { rolesUpTo, useMe } from "../../api/session";
import type { Role, SsoIssuer } from "../../api/shapes";
import { useSay } from "../../language/language";
import { Fold } from "../../parts/Fold";
import { FormFoot } from "../../parts/FormFoot";
import { isFilled, isWebAddress, useSending } from "../../parts/forms";
import { mapOf, Pairs, pairsOf, type Pair } from "../../parts/Pairs";
import { SecretInput } from "../../parts/SecretInput";
import { common, roles } from "../../parts/words";
import { issuerWords, ssoWords as words } from "./words";

export interface SsoValues {
  name: string;
  url: string;
  clientId: string;
  clientSecret: string;
  scopes: string[];
  roleClaim: string | null;
  roleMap: Record<string, Role>;
  defaultRole: Role;
  domains: string[];
  isEnabled: boolean;
}

interface FormValues extends Record<string, unknown>, Omit<SsoValues, "roleMap" | "roleClaim"> {
  roleClaim: string;
  roleMap: Pair[];
}

function valuesOf(issuer: SsoIssuer | null): FormValues {
  return {
    name: issuer?.name ?? "",
    url: issuer?.url ?? "",
    clientId: issuer?.clientId ?? "",
    clientSecret: "",
    scopes: issuer?.scopes ?? ["openid", "email", "profile"],
    roleClaim: issuer?.roleClaim ?? "",
    roleMap: pairsOf(issuer?.roleMap ?? {}),
    defaultRole: issuer?.defaultRole ?? "member",
    domains: issuer?.domains ?? [],
    isEnabled: issuer?.isEnabled ?? true,
  };
}

function bodyOf(values: FormValues): SsoValues {
  return {
    ...values,
    name: values.name.trim(),
    url: values.url.trim(),
    clientId: values.clientId.trim(),
    roleClaim: isFilled(values.roleClaim) ? values.roleClaim.trim() : null,
    roleMap: mapOf<Role>(values.roleMap),
  };
}

interface SsoFormProps {
  of: SsoIssuer | null;
  submit: (values: SsoValues) => Promise<unknown>;
  close: () => void;
}

export function SsoForm({ of, submit, close }: SsoFormProps) {
  const say = useSay();
  const needed = (value: string): string | null => (isFilled(value) ? null : say(common.required));
  const form = useForm<FormValues>({
    initialValues: valuesOf(of),
    validate: {
      name: needed,
      url: (value) => (isWebAddress(value) ? null : say(issuerWords.urlBad)),
      clientId: needed,
      clientSecret: (value) => (of === null ? needed(value) : null),
    },
  });
  const { send, refusal, isPending } = useSending(form, (values) => submit(bodyOf(values)));
  return (
    <form onSubmit={send} noValidate autoComplete="off">
      <Stack>
        <TextInput label={say(common.name)} description={say(words.nameHint)} data-autofocus {...form.getInputProps("name")} />
        <TextInput label={say(issuerWords.url)} description={say(words.urlHint)} type="url" {...form.getInputProps("url")} />
        <TextInput label={say(words.clientId)} spellCheck={false} {...form.getInputProps("clientId")} />
        <SecretInput
          label={say(words.clientSecret)} description={say(of === null ? words.secretHint : words.secretKeep)}
          autoComplete="off" visibilityToggleButtonProps={{ "aria-label": say(words.clientSecret), tabIndex: 0 }}
          {...form.getInputProps("clientSecret")}
        />
        <Roles form={form} />
        <Switch label={say(issuerWords.isEnabled)} {...form.getInputProps("isEnabled", { type: "checkbox" })} />
        <FormFoot refusal={refusal} isPending={isPending} close={close} submit={say(of === null ? words.add : common.save)} />
      </Stack>
    </form>
  );
}

function Roles({ form }: { form: UseFormReturnType<FormValues> }) {
  const say = useSay();
  const me = useMe();
  const choices = rolesUpTo(me.role).map((role) => ({ value: role, label: say(roles[role]) }));
  return (
    <>
      <NativeSelect label={say(words.defaultRole)} data={choices} {...form.getInputProps("defaultRole")} />
      <TagsInput
        label={say(words.domains)} description={say(words.domainsHint)} acceptValueOnBlur {...form.getInputProps("domains")}
      />
      <Fold title={say(words.more)} text={say(words.moreHint)} isOpen={form.getInitialValues().roleClaim !== ""}>
        <Stack>
          <TextInput
            label={say(words.roleClaim)} description={say(words.roleClaimHint)} {...form.getInputProps("roleClaim")}
          />
          <Pairs
            label={say(words.roleMap)} description={say(words.roleMapHint)} keyLabel={say(words.claimValue)}
            valueLabel={say(common.role)} choices={choices} {...form.getInputProps("roleMap")}
          />
          <TagsInput label={say(words.scopes)} acceptValueOnBlur {...form.getInputProps("scopes")} />
        </Stack>
      </Fold>
    </>
  );
}
