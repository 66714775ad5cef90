// SPDX-License-Identifier: Apache-2.0
import { area, assert, idsOf, refused, scenario } from "./common.mjs";

const month = { currency: "USD", interval: "month" };
const verbs = ["list", "create", "retrieve", "update", "delete"];

const to = (recipients, more = {}) => ({ type: "email", recipients, ...more });
const body = (threshold_amount, channel = to(["ops@example.com"])) => ({
  threshold_amount,
  ...month,
  notification_channel: channel,
});

// `before` and `within` name the project, as creating and all else want it.
async function anAlertLives(alerts, before, within) {
  const channel = to(["finance@example.com", "ops@example.com"], { subject_prefix: "Spend:" });
  const made = await alerts.create(...before, body(100_000, channel));
  assert.deepEqual([made.threshold_amount, made.currency], [100_000, "USD"]);
  assert.deepEqual(made.notification_channel, channel);
  assert.deepEqual(await alerts.retrieve(made.id, ...within), made);
  assert.ok((await idsOf(alerts.list(...before, { limit: 1 }))).includes(made.id));
  const changed = await alerts.update(made.id, { ...within[0], ...body(0) });
  assert.deepEqual([changed.id, changed.threshold_amount], [made.id, 0]);
  assert.deepEqual(await alerts.retrieve(made.id, ...within), changed);
  assert.ok((await alerts.delete(made.id, ...within)).deleted);
  await refused(404, alerts.retrieve(made.id, ...within));
  await refused(404, alerts.delete(made.id, ...within));
}

async function alertsArePaged(alerts, before) {
  const made = [];
  for (let i = 0; i < 5; ++i) made.push((await alerts.create(...before, body(i))).id);
  const up = await idsOf(alerts.list(...before, { limit: 2, order: "asc" }));
  const down = await idsOf(alerts.list(...before, { limit: 2, order: "desc" }));
  assert.deepEqual(up, down.reverse());
  assert.deepEqual(up.filter((id) => made.includes(id)), made);
}

async function alertsAreChecked(alerts, before) {
  const error = async (wrong) => (await refused(400, alerts.create(...before, wrong))).param;
  assert.equal(await error(body(-1)), "threshold_amount");
  assert.equal(await error({ ...body(1), currency: "EUR" }), "currency");
  assert.equal(await error({ ...body(1), interval: "week" }), "interval");
  assert.equal(await error(body(1, to(["nobody"]))), "notification_channel.recipients");
  assert.equal(await error(body(1, to([]))), "notification_channel.recipients");
}

async function all(alerts, before, within) {
  await anAlertLives(alerts, before, within);
  await alertsArePaged(alerts, before);
  await alertsAreChecked(alerts, before);
}

scenario("a project's alerts", [...area("projects.spend_alerts", ...verbs), "projects.create"],
  async ({ organization: { projects } }) => {
    const { id } = await projects.create({ name: "watched" });
    await all(projects.spendAlerts, [id], [{ project_id: id }]);
  });

scenario("an organization's alerts", area("spend_alerts", ...verbs), async (world) => {
  await all(world.organization.spendAlerts, [], []);
});
