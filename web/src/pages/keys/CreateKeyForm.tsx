// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Radio, Select, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { type NewKey, create_key } from "../../api/client";
import { keys_query } from "../../api/queries";
import type { Project } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { kCreatableKinds, kKindLabels } from "./kinds";

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
  const form = useForm<NewKey>({
    initialValues: { name: "", kind: "project", project_id: default_project_id(projects) },
    validate: { name: isNotEmpty("A name by which you will know it again.") },
  });
  const creating = useMutation({
    mutationFn: async (key: NewKey) => {
      // The whole key goes straight to the dialog: a mutation's result is kept in its cache.
      const { value } = await create_key(key, csrf_token);
      on_created(value);
    },
    onSuccess: () => queries.invalidateQueries(keys_query),
  });

  return (
    <form onSubmit={form.onSubmit((key) => creating.mutate(key))} noValidate>
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
