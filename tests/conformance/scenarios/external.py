# SPDX-License-Identifier: Apache-2.0
"""A customer's keys and storage at a cloud provider: a self-hosted system has none, and says so."""
from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World

VERBS = ("list", "create", "retrieve", "delete", "validate")


@scenario(*area("external_keys", *VERBS))
def there_are_no_external_keys(world: World) -> None:
    keys = world.organization.external_keys
    assert ids_of(keys.list(limit=5, order="desc", purpose="ekm")) == []
    error = refused(400, keys.create, type="aws", name="key", kms_arn="arn:aws:kms:x",
                    role_arn="arn:aws:iam::1:role/x", external_id="1")
    assert "your own machines" in error.message
    for ask in (keys.retrieve, keys.delete, keys.validate):
        assert "extkey_1" in refused(404, ask, "extkey_1").message


@scenario(*area("external_storage", *VERBS), "projects.create")
def there_is_no_external_storage(world: World) -> None:
    storage = world.organization.external_storage
    project = world.organization.projects.create(name="storage").id
    assert ids_of(storage.list(project_id=project)) == []
    refused(404, storage.list, project_id="proj_unknown")
    error = refused(400, storage.create, project_id=project,
                    provider={"type": "aws", "bucket": "b", "role_arn": "arn:aws:iam::1:role/x"})
    assert "no content" in error.message
    for ask in (storage.retrieve, storage.delete, storage.validate):
        assert "extstore_1" in refused(404, ask, "extstore_1").message
