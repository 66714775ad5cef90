# SPDX-License-Identifier: Apache-2.0
import json

from conformance.operations import BY_NAME, OPERATIONS, Operation, call, conforms
from conformance.scenarios import refused, scenario
from conformance.world import World

UPDATES = [operation for operation in OPERATIONS
           if operation.method == "POST" and operation.name.endswith(".update")]


def reading_of(update: Operation) -> Operation:
    return BY_NAME[update.name.removesuffix("update") + "retrieve"]


@scenario("projects.update", "projects.retrieve")
def what_get_gave_can_be_sent_back_and_changes_nothing(world: World) -> None:
    client, sent = world.client(), 0
    for update in UPDATES:
        reading = reading_of(update)
        if not conforms(update.name) or not conforms(reading.name):
            continue
        ids = [world.own.get(name, "unknown") for name in world.names_of_ids(update)]
        if "spend_limit" in update.name:
            body = {"threshold_amount": 100_000, "currency": "USD", "interval": "month"}
            call(client, update, ids, body=body)
        if "model_permissions" in update.name:
            call(client, update, ids, body={"mode": "deny_list", "model_ids": []})
        before = json.loads(call(client, reading, ids).to_json())
        after = json.loads(call(client, update, ids, body=before).to_json())
        same = {name: value for name, value in before.items() if name in after}
        assert same == {name: after[name] for name in same}, f"{update.name} has changed something"
        assert json.loads(call(client, reading, ids).to_json()) == before, update.name
        sent += 1
    assert sent > 0
    if conforms("spend_limit.delete"):
        client.admin.organization.spend_limit.delete()


@scenario("projects.update", "projects.retrieve")
def who_read_an_older_state_is_told(world: World) -> None:
    """Two admins: both have read, one has written."""
    projects = world.organization.projects
    made = projects.create(name="contested")
    tag = projects.with_raw_response.retrieve(made.id).headers["etag"]
    first = projects.update(made.id, name="first", extra_headers={"If-Match": tag})
    assert first.name == "first"
    refused(412, projects.update, made.id, name="second", extra_headers={"If-Match": tag})
    assert projects.retrieve(made.id).name == "first"
