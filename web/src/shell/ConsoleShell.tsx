// SPDX-License-Identifier: Apache-2.0
import { AppShell, Burger, Group, NavLink } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, Outlet } from "@tanstack/react-router";

import { OrganizationSwitcher } from "./OrganizationSwitcher";
import { ProductName } from "./ProductName";
import { ProfileMenu } from "./ProfileMenu";

const kPages = [
  { to: "/keys", label: "API keys" },
  { to: "/usage", label: "Usage" },
  { to: "/providers", label: "Providers & models" },
] as const;

// What stands around every page: the header with the profile picture, and the way to the pages.
export function ConsoleShell() {
  const [is_open, { toggle, close }] = useDisclosure(false);
  return (
    <AppShell
      header={{ height: 60 }}
      navbar={{ width: 220, breakpoint: "sm", collapsed: { mobile: !is_open } }}
      padding="lg"
    >
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={is_open}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label="Navigation"
            />
            <ProductName />
          </Group>
          <Group gap="sm" wrap="nowrap">
            <OrganizationSwitcher />
            <ProfileMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm">
        {kPages.map(({ to, label }) => (
          <NavLink
            key={to}
            label={label}
            onClick={close}
            renderRoot={(props) => (
              <Link to={to} activeProps={{ "data-active": true }} {...props} />
            )}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}
