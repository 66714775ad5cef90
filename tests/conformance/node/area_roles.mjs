// SPDX-License-Identifier: Apache-2.0
import { all, area, assert, idsOf, refused, scenario } from "./common.mjs";

const verbs = ["create", "retrieve", "update", "list", "delete"];
const assigned = ["create", "retrieve", "list", "delete"];
const ofOrganization = area("roles", ...verbs);
const ofProjects = [...area("projects.roles", ...verbs), "projects.create"];

// `ids` stand where all roles are meant, `place` where one is.
async function aRoleLives(roles, ids, place, permissions) {
  const fields = { role_name: "Node Auditor", permissions: permissions.slice(0, 1) };
  const made = await roles.create(...ids, { ...fields, description: "reads" });
  assert.deepEqual([made.name, made.description, made.predefined_role],
    ["Node Auditor", "reads", false]);
  const one = (change) => (place || change ? [{ ...place, ...change }] : []);
  assert.deepEqual(await roles.retrieve(made.id, ...one()), made);
  await refused(409, roles.create(...ids, fields));
  const changed = await roles.update(made.id, ...one({ role_name: "Node Reviewer", permissions }));
  assert.deepEqual([changed.name, changed.description], ["Node Reviewer", "reads"]);
  assert.deepEqual([...changed.permissions].sort(), [...permissions].sort());
  assert.deepEqual(await roles.retrieve(made.id, ...one()), changed);
  const wrong = { role_name: "Wizard", permissions: ["api.magic.write"] };
  assert.equal((await refused(400, roles.create(...ids, wrong))).param, "permissions");
  const listed = await all(roles.list(...ids, { limit: 1 }));
  assert.ok(listed.some((role) => role.id === made.id));
  const predefined = listed.filter((role) => role.predefined_role);
  assert.ok(predefined.length > 0);
  for (const { id } of predefined) {
    await refused(409, roles.update(id, ...one({ description: "mine" })));
    await refused(409, roles.delete(id, ...one()));
  }
  assert.ok((await roles.delete(made.id, ...one())).deleted);
  await refused(404, roles.retrieve(made.id, ...one()));
  await refused(404, roles.update(made.id, ...one({ description: "back" })));
  await refused(404, roles.delete(made.id, ...one()));
  assert.ok(!(await idsOf(roles.list(...ids))).includes(made.id));
}

scenario("a role of the organization is made, changed and deleted", ofOrganization,
  async (world) => {
    const permissions = ["api.projects.read", "api.users.read"];
    await aRoleLives(world.organization.roles, [], null, permissions);
  });

scenario("a role of a project is made, changed and deleted", ofProjects, async (world) => {
  const { projects } = world.organization;
  const project_id = (await projects.create({ name: "roles" })).id;
  await aRoleLives(projects.roles, [project_id], { project_id },
    ["api.service_accounts.read", "api.service_accounts.write"]);
});

// `place` has the ids that stand beside a role's; the principal's own among them.
async function anAssignmentLives(roles, principal, place, role_id) {
  const { project_id } = place;
  const of = project_id ? { project_id } : {};
  const made = await roles.create(principal, { ...of, role_id });
  assert.equal(made.role.id, role_id);
  await refused(409, roles.create(principal, { ...of, role_id }));
  assert.equal((await roles.retrieve(role_id, place)).id, role_id);
  assert.ok((await idsOf(roles.list(principal, { ...of, limit: 1 }))).includes(role_id));
  assert.ok((await roles.delete(role_id, place)).deleted);
  await refused(404, roles.retrieve(role_id, place));
  await refused(404, roles.delete(role_id, place));
  assert.ok(!(await idsOf(roles.list(principal, of))).includes(role_id));
}

scenario("a user is given a role", [...ofOrganization, ...area("users.roles", ...assigned)],
  async (world) => {
    const { roles, users } = world.organization;
    const user_id = world.people[4].id;
    const role = { role_name: "node, of a user", permissions: ["api.projects.read"] };
    await anAssignmentLives(users.roles, user_id, { user_id }, (await roles.create(role)).id);
  }, { people: true });

scenario("a group is given a role",
  [...ofOrganization, ...area("groups.roles", ...assigned), "groups.create"], async (world) => {
    const { roles, groups } = world.organization;
    const group_id = (await groups.create({ name: "Node Bearers" })).id;
    const role = { role_name: "node, of a group", permissions: ["api.projects.read"] };
    await anAssignmentLives(groups.roles, group_id, { group_id }, (await roles.create(role)).id);
  });

scenario("a user is given a role in a project",
  [...ofProjects, ...area("projects.users.roles", ...assigned), "projects.users.create"],
  async (world) => {
    const { projects } = world.organization;
    const user_id = world.people[4].id;
    const project_id = (await projects.create({ name: "roles of users" })).id;
    await projects.users.create(project_id, { user_id, role: "member" });
    const fields = { role_name: "x", permissions: ["api.service_accounts.read"] };
    const role = await projects.roles.create(project_id, fields);
    await anAssignmentLives(projects.users.roles, user_id, { project_id, user_id }, role.id);
  }, { people: true });

scenario("a group is given a role in a project",
  [...ofProjects, ...area("projects.groups.roles", ...assigned), "groups.create",
    "projects.groups.create"], async (world) => {
    const { groups, projects } = world.organization;
    const group_id = (await groups.create({ name: "Node Bearers in a project" })).id;
    const project_id = (await projects.create({ name: "roles of groups" })).id;
    const permissions = ["api.service_accounts.read"];
    const first = await projects.roles.create(project_id, { role_name: "first", permissions });
    const second = await projects.roles.create(project_id, { role_name: "second", permissions });
    await projects.groups.create(project_id, { group_id, role: first.id });
    await anAssignmentLives(projects.groups.roles, group_id, { project_id, group_id }, second.id);
  });
