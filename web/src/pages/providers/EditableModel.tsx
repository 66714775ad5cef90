// SPDX-License-Identifier: Apache-2.0
import { Autocomplete, Button, Group, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { routes_query } from "../../api/queries";

interface EditableModelProps {
  label: string;
  model: string;
  models: string[];
  save: (model: string) => Promise<unknown>;
}

const kSuggestionsMax = 30;

// A model's name in a table, which can be changed in its place. Any name may be typed: a model may
// be routed before the catalogue knows it.
export function EditableModel({ label, model, models, save }: EditableModelProps) {
  const queries = useQueryClient();
  const [edited, set_edited] = useState<string | null>(null);
  const saving = useMutation({
    mutationFn: save,
    onSuccess: async () => {
      await queries.invalidateQueries(routes_query);
      set_edited(null);
    },
  });
  const text = edited ?? model;
  const is_changed = text.trim() !== model;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (is_changed && text.trim() !== "") saving.mutate(text.trim());
  };

  return (
    <form onSubmit={submit}>
      <Group gap="xs" wrap="nowrap">
        <Autocomplete
          aria-label={label}
          data={models}
          limit={kSuggestionsMax}
          value={text}
          onChange={set_edited}
          size="xs"
          flex={1}
          maw={320}
        />
        {is_changed && (
          <>
            <Button size="xs" type="submit" loading={saving.isPending}>
              Save
            </Button>
            <Button size="xs" variant="default" onClick={() => set_edited(null)}>
              Undo
            </Button>
          </>
        )}
      </Group>
      {saving.isError && (
        <Text size="xs" c="red" role="alert">
          {saving.error.message}
        </Text>
      )}
    </form>
  );
}
