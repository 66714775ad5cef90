// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Radio, Select, Stack, TagsInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import type { Versioned } from "../../api/http";
import { set_sign_up_policy } from "../../api/organizations";
import type { InstanceOrganization, SignUpPolicy } from "../../api/types";
import { SaveProblem } from "../../parts/SaveProblem";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";
import {
  domains_problem,
  kSignUpModes,
  organization_problem,
  policy_of,
  type SignUpFormValues,
  values_of,
} from "./sign_up_form";

const kLead =
  "Who may make an account. Signing up proves an address by mail, so the last two need a mail " +
  "server.";

interface SignUpFormProps {
  policy: Versioned<SignUpPolicy>;
  organizations: InstanceOrganization[];
  on_reload: () => Promise<void>;
}

export function SignUpForm({ policy, organizations, on_reload }: SignUpFormProps) {
  const { csrf_token } = useSession();
  const [before] = useState(policy);
  const form = useForm<SignUpFormValues>({
    initialValues: values_of(before),
    validate: {
      domains: (_, values) => domains_problem(values),
      organization_id: (_, values) => organization_problem(values),
    },
  });
  const saving = useMutation({
    mutationFn: (values: SignUpFormValues) =>
      set_sign_up_policy(before, policy_of(values), csrf_token),
    onSuccess: on_reload,
  });
  const choices = organizations
    .filter(({ deleted_at }) => deleted_at === null)
    .map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Section
      title="Sign-up"
      lead={kLead}
    >
      <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
        <Stack gap="sm">
          <Radio.Group aria-label="Who may sign up" {...form.getInputProps("mode")}>
            <Stack gap="xs">
              {kSignUpModes.map(({ mode, label, description }) => (
                <Radio key={mode} value={mode} label={label} description={description} />
              ))}
            </Stack>
          </Radio.Group>
          {form.values.mode === "domain" && (
            <>
              <TagsInput
                label="Domains"
                description="Enter after each."
                placeholder="example.org"
                maw={420}
                {...form.getInputProps("domains")}
              />
              <Select
                label="Into the organization"
                data={choices}
                searchable
                maw={420}
                {...form.getInputProps("organization_id")}
              />
            </>
          )}
          <SaveProblem error={saving.error} on_reload={on_reload} />
          <Group>
            <Button type="submit" variant="default" loading={saving.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
