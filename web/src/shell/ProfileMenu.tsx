// SPDX-License-Identifier: Apache-2.0
import { Avatar, Menu, Text, UnstyledButton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";

import { sign_out } from "../api/entry";
import { session_query } from "../api/queries";
import { useSession } from "./session";

// The profile picture at the top right, and what one does from there.
export function ProfileMenu() {
  const { user, organization, csrf_token } = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const signing_out = useMutation({
    mutationFn: () => sign_out(csrf_token),
    onSuccess: () => {
      queries.clear();
      queries.setQueryData(session_query.queryKey, null);
      void navigate({ to: "/sign-in" });
    },
  });

  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton aria-label={`Profile of ${user.name}`}>
          <Avatar name={user.name} color="cyan" variant="filled" alt="" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)" truncate>
            {user.name}
          </Text>
          <Text size="xs" truncate>
            {user.email}
          </Text>
          <Text size="xs" truncate>
            {organization.name}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item renderRoot={(props) => <Link to="/profile" {...props} />}>Profile</Menu.Item>
        <Menu.Item renderRoot={(props) => <Link to="/keys" {...props} />}>View API keys</Menu.Item>
        <Menu.Item renderRoot={(props) => <Link to="/usage" {...props} />}>Usage</Menu.Item>
        <Menu.Divider />
        <Menu.Item
          closeMenuOnClick={false}
          disabled={signing_out.isPending}
          onClick={() => signing_out.mutate()}
        >
          Sign out
        </Menu.Item>
        {signing_out.isError && (
          <Menu.Label c="red" role="alert">
            {signing_out.error.message}
          </Menu.Label>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
