// SPDX-License-Identifier: Apache-2.0
import {
  Button,
  Checkbox,
  Group,
  NativeSelect,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Versioned } from "../../api/http";
import { set_key_policy } from "../../api/organization";
import { key_policy_query } from "../../api/organization_queries";
import type { KeyPolicy } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { useReopening } from "../../parts/reopening";
import { SaveProblem } from "../../parts/SaveProblem";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";
import { kPeriods } from "../keys/limit_form";
import {
  describe,
  fields_of,
  kMemberKinds,
  kProblems,
  type PolicyFields,
  request_of,
} from "./policy_form";
import type { ProjectSectionProps } from "./project_section";

export function KeyPolicySection({ project_id, may_change }: ProjectSectionProps) {
  const query = key_policy_query(project_id);
  const policy = useQuery(query);
  const [openings, reopen] = useReopening(query);
  return (
    <Section title="Key policy" lead="What holds for keys that are made from now on.">
      <Problem error={policy.error} />
      {policy.data && !may_change && <Rules policy={policy.data} />}
      {policy.data && may_change && (
        <PolicyForm
          key={openings}
          project_id={project_id}
          policy={policy.data}
          on_reload={reopen}
        />
      )}
    </Section>
  );
}

function Rules({ policy }: { policy: KeyPolicy }) {
  const rules = describe(policy);
  if (rules.length === 0) return <Text size="sm">Members make keys as they need them.</Text>;
  return rules.map((rule) => (
    <Text key={rule} size="sm">
      {rule}
    </Text>
  ));
}

interface PolicyFormProps {
  project_id: string;
  policy: Versioned<KeyPolicy>;
  on_reload: () => Promise<void>;
}

function PolicyForm({ project_id, policy, on_reload }: PolicyFormProps) {
  const { csrf_token } = useSession();
  const [before] = useState(policy);
  const form = useForm<PolicyFields>({ initialValues: fields_of(before), validate: kProblems });
  const changing = useMutation({
    mutationFn: (fields: PolicyFields) =>
      set_key_policy(project_id, request_of(fields), before, csrf_token),
    onSuccess: on_reload,
  });
  return (
    <form onSubmit={form.onSubmit((fields) => changing.mutate(fields))} noValidate>
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
          <TextInput
            label="Keys per member"
            placeholder="Any number"
            inputMode="numeric"
            autoComplete="off"
            {...form.getInputProps("keys_max")}
          />
          <TextInput
            label="Longest life, in days"
            placeholder="Any"
            inputMode="decimal"
            autoComplete="off"
            {...form.getInputProps("days_max")}
          />
          <TextInput
            label="Limit of each new key"
            leftSection="$"
            placeholder="None"
            inputMode="decimal"
            autoComplete="off"
            {...form.getInputProps("limit_usd")}
          />
          <NativeSelect
            label="Period of the limit"
            data={kPeriods}
            {...form.getInputProps("limit_per")}
          />
        </SimpleGrid>
        <Checkbox.Group label="Members may make" {...form.getInputProps("kinds")}>
          <Group mt={4}>
            {kMemberKinds.map(({ value, label }) => (
              <Checkbox key={value} value={value} label={label} />
            ))}
          </Group>
        </Checkbox.Group>
        <SaveProblem error={changing.error} on_reload={on_reload} />
        <Group>
          <Button
            type="submit"
            variant="default"
            disabled={!form.isDirty()}
            loading={changing.isPending}
          >
            Save policy
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
