// SPDX-License-Identifier: Apache-2.0
import { Button, Collapse, Group, Radio, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { create_key } from "../../api/keys";
import type { Project } from "../../api/types";
import { key_limits_query, keys_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import {
  kNoRestrictions,
  kProblems,
  kSuggestedLimitUsd,
  type NewKeyFields,
  type RestrictionFields as Restrictions,
  problem_of_limit,
  request_of,
} from "./key_form";
import { kCreatableKinds, kKindLabels } from "./kinds";
import { NewKeyLimit } from "./NewKeyLimit";
import { RestrictionFields } from "./RestrictionFields";

interface CreateKeyFormProps {
  on_created: (value: string) => void;
  on_cancel: () => void;
}

function default_project_id(projects: Project[]): string {
  return (projects.find((project) => project.is_default) ?? projects[0])?.id ?? "";
}

export function CreateKeyForm({ on_created, on_cancel }: CreateKeyFormProps) {
  const { projects, csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm<NewKeyFields>({
    initialValues: {
      ...kNoRestrictions,
      name: "",
      note: "",
      kind: "project",
      project_id: default_project_id(projects),
      is_limited: true,
      limit_usd: kSuggestedLimitUsd,
    },
    validate: { ...kProblems, limit_usd: (_, fields) => problem_of_limit(fields) },
  });
  const creating = useMutation({
    mutationFn: async (fields: NewKeyFields) => {
      // The whole key goes straight to the dialog: a mutation's result is kept in its cache.
      const { value } = await create_key(request_of(fields), csrf_token);
      on_created(value);
    },
    onSuccess: async () => {
      await queries.invalidateQueries(keys_query);
      await queries.invalidateQueries(key_limits_query);
    },
  });

  return (
    <form onSubmit={form.onSubmit((fields) => creating.mutate(fields))} noValidate>
      <Stack>
        <TextInput
          label="Name"
          placeholder="My laptop"
          autoComplete="off"
          maxLength={100}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Radio.Group label="Kind" {...form.getInputProps("kind")}>
          <Stack gap="xs" mt="xs">
            {kCreatableKinds.map(({ kind, explanation }) => (
              <Radio
                key={kind}
                value={kind}
                label={kKindLabels[kind]}
                description={explanation}
              />
            ))}
          </Stack>
        </Radio.Group>
        {projects.length > 1 && (
          <Select
            label="Project"
            data={projects.map(({ id, name }) => ({ value: id, label: name }))}
            allowDeselect={false}
            {...form.getInputProps("project_id")}
          />
        )}
        <NewKeyLimit form={form} />
        <MoreOptions form={form} />
        <Problem error={creating.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={on_cancel}>
            Cancel
          </Button>
          <Button type="submit" loading={creating.isPending}>
            Create key
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function MoreOptions({ form }: { form: UseFormReturnType<NewKeyFields> }) {
  const [is_open, { toggle }] = useDisclosure(false);
  // What is hidden must not be what is wrong.
  const is_shown = is_open || "last_day" in form.errors || "abilities" in form.errors;
  return (
    <div>
      <Button
        variant="transparent"
        px={0}
        size="compact-sm"
        onClick={toggle}
        aria-expanded={is_shown}
      >
        {is_shown ? "Fewer options" : "More options: expiry, permissions, models…"}
      </Button>
      <Collapse expanded={is_shown}>
        <Stack mt="sm">
          <RestrictionFields form={form as unknown as UseFormReturnType<Restrictions>} />
          <Textarea
            label="Note"
            placeholder="What it is for, where it is kept"
            autosize
            maxLength={500}
            {...form.getInputProps("note")}
          />
        </Stack>
      </Collapse>
    </div>
  );
}
