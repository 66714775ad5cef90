// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Radio, Stack, TagsInput, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Versioned } from "../../api/http";
import { set_model_permissions } from "../../api/organization";
import { model_permissions_query } from "../../api/organization_queries";
import type { ModelPermissions } from "../../api/organization_types";
import { routes_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { useReopening } from "../../parts/reopening";
import { SaveProblem } from "../../parts/SaveProblem";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";
import type { ProjectSectionProps } from "./project_section";

const kSuggestionsMax = 50;

export function ModelsSection({ project_id, may_change }: ProjectSectionProps) {
  const query = model_permissions_query(project_id);
  const models = useQuery(query);
  const [openings, reopen] = useReopening(query);
  return (
    <Section title="Models" lead="Which models the project's keys may call.">
      <Problem error={models.error} />
      {models.data && !may_change && <Text size="sm">{describe(models.data)}</Text>}
      {models.data && may_change && (
        <ModelsForm
          key={openings}
          project_id={project_id}
          permissions={models.data}
          on_reload={reopen}
        />
      )}
    </Section>
  );
}

function describe({ mode, model_ids }: ModelPermissions): string {
  const names = model_ids.join(", ");
  if (mode === "allow_list") return model_ids.length === 0 ? "None." : `Only ${names}.`;
  return model_ids.length === 0 ? "All." : `All but ${names}.`;
}

interface ModelsFormProps {
  project_id: string;
  permissions: Versioned<ModelPermissions>;
  on_reload: () => Promise<void>;
}

function ModelsForm({ project_id, permissions, on_reload }: ModelsFormProps) {
  const { csrf_token } = useSession();
  const [before] = useState(permissions);
  // Only operators see the routes; others type the names.
  const routes = useQuery({ ...routes_query, retry: false });
  const { mode, model_ids } = before;
  const form = useForm<ModelPermissions>({ initialValues: { mode, model_ids } });
  const changing = useMutation({
    mutationFn: (changed: ModelPermissions) =>
      set_model_permissions(project_id, changed, before, csrf_token),
    onSuccess: on_reload,
  });
  const allows = form.values.mode === "allow_list";
  return (
    <form onSubmit={form.onSubmit((changed) => changing.mutate(changed))} noValidate>
      <Stack gap="sm">
        <Radio.Group aria-label="Models" {...form.getInputProps("mode")}>
          <Group gap="lg">
            <Radio value="deny_list" label="All but these" />
            <Radio value="allow_list" label="Only these" />
          </Group>
        </Radio.Group>
        <TagsInput
          aria-label={allows ? "Models allowed" : "Models denied"}
          description={describe(form.values)}
          placeholder={form.values.model_ids.length === 0 ? "gpt-5-mini" : ""}
          inputWrapperOrder={["input", "description", "error"]}
          data={routes.data?.models ?? []}
          limit={kSuggestionsMax}
          acceptValueOnBlur
          {...form.getInputProps("model_ids")}
        />
        <SaveProblem error={changing.error} on_reload={on_reload} />
        <Group>
          <Button
            type="submit"
            variant="default"
            disabled={!form.isDirty()}
            loading={changing.isPending}
          >
            Save models
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
