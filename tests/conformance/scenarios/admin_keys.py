# SPDX-License-Identifier: Apache-2.0
from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World

OPERATIONS = area("admin_api_keys", "create", "retrieve", "list", "delete")


@scenario(*OPERATIONS)
def an_admin_key_works_on_the_next_request_and_not_after_its_end(world: World) -> None:
    keys = world.organization.admin_api_keys
    made = keys.create(name="terraform")
    other = world.client(made.value).admin.organization.admin_api_keys
    shown = other.retrieve(made.id)
    assert (shown.id, shown.name) == (made.id, "terraform") and made.value not in repr(shown)
    assert made.id in ids_of(keys.list(limit=1))
    assert world.call(made.value) == 401, "an admin key calls no model"
    deleted = keys.delete(made.id)
    assert deleted.deleted and deleted.id == made.id
    refused(401, other.list)
    refused(404, keys.retrieve, made.id)
    refused(404, keys.delete, made.id)
    assert made.id not in ids_of(keys.list())


@scenario(*OPERATIONS)
def admin_keys_are_paged_in_both_orders(world: World) -> None:
    keys = world.organization.admin_api_keys
    made = [keys.create(name=f"page {number}").id for number in range(3)]
    up, down = ids_of(keys.list(limit=2, order="asc")), ids_of(keys.list(limit=2, order="desc"))
    assert up == down[::-1] and set(made) <= set(up)


@scenario("admin_api_keys.create")
def an_admin_key_has_a_name_of_its_own_length(world: World) -> None:
    keys = world.organization.admin_api_keys
    assert keys.create(name="n" * 256).name == "n" * 256
    assert refused(400, keys.create, name="n" * 257).param == "name"
    assert refused(400, keys.create, name="").param == "name"
