// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Radio, Stack, TagsInput, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { set_model_permissions } from "../../api/organization";
import { model_permissions_query } from "../../api/organization_queries";
import type { ModelPermissions } from "../../api/organization_types";
import { routes_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";
import type { ProjectSectionProps } from "./project_section";

const kSuggestionsMax = 50;

export function ModelsSection({ project_id, may_change }: ProjectSectionProps) {
  const models = useQuery(model_permissions_query(project_id));
  return (
    <Section title="Models" lead="Which models the project's keys may call.">
      <Problem error={models.error} />
      {models.data && !may_change && <Text size="sm">{describe(models.data)}</Text>}
      {models.data && may_change && (
        <ModelsForm project_id={project_id} permissions={models.data} />
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
  permissions: ModelPermissions;
}

function ModelsForm({ project_id, permissions }: ModelsFormProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  // Only operators see the routes; others type the names.
  const routes = useQuery({ ...routes_query, retry: false });
  const { mode, model_ids } = permissions;
  const form = useForm<ModelPermissions>({ initialValues: { mode, model_ids } });
  const changing = useMutation({
    mutationFn: (changed: ModelPermissions) =>
      set_model_permissions(project_id, changed, csrf_token),
    onSuccess: (_, changed) => {
      form.resetDirty(changed);
      return queries.invalidateQueries(model_permissions_query(project_id));
    },
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
        <Problem error={changing.error} />
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
