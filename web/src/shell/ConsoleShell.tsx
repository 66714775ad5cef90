// SPDX-License-Identifier: Apache-2.0
import { AppShell, Burger, Group, NavLink } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, Outlet } from "@tanstack/react-router";

import { OrganizationSwitcher } from "./OrganizationSwitcher";
import { ProductName } from "./ProductName";
import { ProfileMenu } from "./ProfileMenu";
import { may_administer, may_operate } from "./permissions";
import { useSession } from "./session";

// What others may not use is not offered to them.
const kPages = [
  { to: "/keys", label: "API keys" },
  { to: "/projects", label: "Projects" },
  { to: "/usage", label: "Usage" },
  { to: "/credits", label: "Credits" },
  { to: "/people", label: "People", for_owners: true },
  { to: "/audit", label: "Audit log", for_owners: true },
  { to: "/organization", label: "Organization" },
  { to: "/providers", label: "Providers & models", for_operators: true },
  { to: "/prices", label: "Prices", for_operators: true },
  { to: "/instance", label: "This Tollgate", for_operators: true },
] as const;

// What stands around every page: the header with the profile picture, and the way to the pages.
export function ConsoleShell() {
  const session = useSession();
  const pages = kPages.filter(
    (page) =>
      (!("for_owners" in page) || may_administer(session)) &&
      (!("for_operators" in page) || may_operate(session)),
  );
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
        {pages.map(({ to, label }) => (
          <NavLink
            key={to}
            label={label}
            onClick={close}
            renderRoot={(props) => (
              <Link
                to={to}
                activeOptions={{ includeSearch: false }}
                activeProps={{ "data-active": true }}
                {...props}
              />
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
