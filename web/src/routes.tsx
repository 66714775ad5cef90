// SPDX-License-Identifier: Apache-2.0
// The console's addresses. The server answers each of them with the same index.html.

import type { QueryClient } from "@tanstack/react-query";
import {
  Outlet,
  type SearchSchemaInput,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  redirect,
} from "@tanstack/react-router";

import { session_query } from "./api/queries";
import { AcceptInvitationPage } from "./pages/entry/AcceptInvitationPage";
import { ForgotPasswordPage } from "./pages/entry/ForgotPasswordPage";
import { ResetPasswordPage } from "./pages/entry/ResetPasswordPage";
import { SignUpPage } from "./pages/entry/SignUpPage";
import { VerifyEmailPage } from "./pages/entry/VerifyEmailPage";
import { ProfilePage } from "./pages/profile/ProfilePage";
import { AuditPage } from "./pages/audit/AuditPage";
import { CallPage } from "./pages/calls/CallPage";
import { CreditsPage } from "./pages/credits/CreditsPage";
import { KeysPage } from "./pages/keys/KeysPage";
import { InstancePage } from "./pages/instance/InstancePage";
import { OrganizationPage } from "./pages/organization/OrganizationPage";
import { PeoplePage } from "./pages/people/PeoplePage";
import { PricesPage } from "./pages/prices/PricesPage";
import { ProjectPage } from "./pages/projects/ProjectPage";
import { ProjectsPage } from "./pages/projects/ProjectsPage";
import { ProvidersPage } from "./pages/providers/ProvidersPage";
import { SetupPage } from "./pages/setup/SetupPage";
import { SignInPage } from "./pages/sign_in/SignInPage";
import { read_view, type UsageView } from "./pages/usage/usage_view";
import { UsagePage } from "./pages/usage/UsagePage";
import { ConsoleShell } from "./shell/ConsoleShell";
import { PageFailed, PageMissing } from "./shell/PageFailed";

interface RouterContext {
  queries: QueryClient;
  // Of the one-time link that led here.
  link_token: string | null;
}

const root_route = createRootRouteWithContext<RouterContext>()({ component: Outlet });

const setup_route = createRoute({
  getParentRoute: () => root_route,
  path: "/setup",
  component: SetupPage,
});

const sign_up_route = createRoute({
  getParentRoute: () => root_route,
  path: "/sign-up",
  component: SignUpPage,
});

const verify_email_route = createRoute({
  getParentRoute: () => root_route,
  path: "/verify-email",
  component: VerifyEmailPage,
});

const accept_invitation_route = createRoute({
  getParentRoute: () => root_route,
  path: "/accept-invitation",
  component: AcceptInvitationPage,
});

const forgot_password_route = createRoute({
  getParentRoute: () => root_route,
  path: "/forgot-password",
  component: ForgotPasswordPage,
});

const reset_password_route = createRoute({
  getParentRoute: () => root_route,
  path: "/reset-password",
  component: ResetPasswordPage,
});

const sign_in_route = createRoute({
  getParentRoute: () => root_route,
  path: "/sign-in",
  beforeLoad: async ({ context }) => {
    const session = await context.queries.ensureQueryData(session_query);
    if (session) throw redirect({ to: "/keys", replace: true });
  },
  component: SignInPage,
});

// All pages for people who are signed in. They read their session from this route's context, so
// that a page never sees none, not even while the session ends.
const shell_route = createRoute({
  getParentRoute: () => root_route,
  id: "shell",
  beforeLoad: async ({ context }) => {
    const session = await context.queries.ensureQueryData(session_query);
    if (!session) throw redirect({ to: "/sign-in", replace: true });
    return { session };
  },
  component: ConsoleShell,
});

const home_route = createRoute({
  getParentRoute: () => root_route,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/keys", replace: true });
  },
});

const keys_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/keys",
  component: KeysPage,
});

const projects_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/projects",
  component: ProjectsPage,
});

const project_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/projects/$project_id",
  component: ProjectPage,
});

const people_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/people",
  component: PeoplePage,
});

const audit_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/audit",
  component: AuditPage,
});

const organization_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/organization",
  component: OrganizationPage,
});

const organization_routes = [
  projects_route,
  project_route,
  people_route,
  audit_route,
  organization_route,
] as const;

const instance_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/instance",
  component: InstancePage,
});

const usage_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/usage",
  // What the address leaves out is put into it.
  validateSearch: (search: Partial<UsageView> & SearchSchemaInput) =>
    read_view(search as Record<string, unknown>),
  component: UsagePage,
});

const call_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/usage/calls/$call_id",
  component: CallPage,
});

const credits_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/credits",
  component: CreditsPage,
});

const prices_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/prices",
  component: PricesPage,
});

const providers_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/providers",
  component: ProvidersPage,
});

const profile_route = createRoute({
  getParentRoute: () => shell_route,
  path: "/profile",
  component: ProfilePage,
});

const route_tree = root_route.addChildren([
  home_route,
  setup_route,
  sign_up_route,
  verify_email_route,
  accept_invitation_route,
  forgot_password_route,
  reset_password_route,
  sign_in_route,
  shell_route.addChildren([
    keys_route,
    usage_route,
    call_route,
    credits_route,
    prices_route,
    providers_route,
    instance_route,
    profile_route,
    ...organization_routes,
  ]),
]);

export function make_router(context: RouterContext) {
  return createRouter({
    routeTree: route_tree,
    context,
    defaultErrorComponent: PageFailed,
    defaultNotFoundComponent: PageMissing,
  });
}
