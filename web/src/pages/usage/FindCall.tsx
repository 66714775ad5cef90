// SPDX-License-Identifier: Apache-2.0
import { Button, Group, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

// To any call by its id, as a program's log has it.
export function FindCall() {
  const navigate = useNavigate();
  const [id, set_id] = useState("");
  const call_id = id.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (call_id !== "") void navigate({ to: "/usage/calls/$call_id", params: { call_id } });
  };
  return (
    <form onSubmit={submit}>
      <Group gap="xs" wrap="nowrap">
        <TextInput
          aria-label="A call's id, as x-request-id names it"
          placeholder="x-request-id of a call"
          size="xs"
          autoComplete="off"
          value={id}
          onChange={(event) => set_id(event.currentTarget.value)}
        />
        <Button size="xs" variant="default" type="submit">
          Open call
        </Button>
      </Group>
    </form>
  );
}
