// SPDX-License-Identifier: Apache-2.0
import { Button, Group, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import type { Versioned } from "../../api/http";
import { rename_organization } from "../../api/organizations";
import type { Organization } from "../../api/types";
import { SaveProblem } from "../../parts/SaveProblem";
import { Section } from "../../parts/Section";
import { useRefreshSession } from "../../shell/refresh_session";
import { useSession } from "../../shell/session";

interface OrganizationNameFormProps {
  organization: Versioned<Organization>;
  on_reload: () => Promise<void>;
}

export function OrganizationNameForm({ organization, on_reload }: OrganizationNameFormProps) {
  const { csrf_token } = useSession();
  const refresh = useRefreshSession();
  const [before] = useState(organization);
  const form = useForm({
    initialValues: { name: before.name },
    validate: { name: isNotEmpty("A name, as its members shall see it.") },
  });
  const renaming = useMutation({
    mutationFn: (name: string) => rename_organization(before, name, csrf_token),
    onSuccess: async () => {
      await refresh();
      await on_reload();
    },
  });
  return (
    <Section title="Name" lead="Every member sees it, and so does whoever is invited.">
      <form onSubmit={form.onSubmit(({ name }) => renaming.mutate(name.trim()))} noValidate>
        <Group align="flex-start" gap="xs">
          <TextInput
            aria-label="Organization's name"
            name="organization"
            autoComplete="off"
            maxLength={100}
            w={320}
            {...form.getInputProps("name")}
          />
          <Button type="submit" variant="default" loading={renaming.isPending}>
            Rename
          </Button>
        </Group>
        <SaveProblem error={renaming.error} on_reload={on_reload} />
      </form>
    </Section>
  );
}
