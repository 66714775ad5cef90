# SPDX-License-Identifier: Apache-2.0
from typing import Any

from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World

MONTH = {"currency": "USD", "interval": "month"}
VERBS = ("list", "create", "retrieve", "update", "delete")


def to(*recipients: str, **more: Any) -> dict[str, Any]:
    return {"type": "email", "recipients": list(recipients), **more}


def an_alert_lives(alerts: Any, before: tuple[str, ...], within: dict[str, str]) -> None:
    """`before` and `within` name the project, as creating and all else want it."""
    channel = to("finance@example.com", "ops@example.com", subject_prefix="Spend:")
    made = alerts.create(*before, threshold_amount=100_000, notification_channel=channel, **MONTH)
    assert (made.threshold_amount, made.currency, made.interval) == (100_000, "USD", "month")
    assert made.notification_channel.to_dict() == channel
    assert alerts.retrieve(made.id, **within) == made
    assert made.id in ids_of(alerts.list(*before, limit=1))
    changed = alerts.update(made.id, threshold_amount=0, **within,
                            notification_channel=to("ops@example.com"), **MONTH)
    assert changed.id == made.id and changed.threshold_amount == 0
    assert changed.notification_channel.subject_prefix is None
    assert alerts.retrieve(made.id, **within) == changed
    deleted = alerts.delete(made.id, **within)
    assert deleted.deleted and deleted.id == made.id
    refused(404, alerts.retrieve, made.id, **within)
    refused(404, alerts.delete, made.id, **within)
    assert made.id not in ids_of(alerts.list(*before))


def alerts_are_paged(alerts: Any, before: tuple[str, ...]) -> None:
    made = [alerts.create(*before, threshold_amount=number, **MONTH,
                          notification_channel=to("ops@example.com")).id for number in range(5)]
    up = ids_of(alerts.list(*before, limit=2, order="asc"))
    assert [each for each in up if each in made] == made, "not in the order of their making"
    assert ids_of(alerts.list(*before, limit=2, order="desc")) == up[::-1]
    page = alerts.list(*before, limit=2, before=made[-1])
    assert [each.id for each in page.data] == up[-3:-1] and page.has_more
    assert alerts.list(*before, limit=0).data == []


def alerts_are_checked(alerts: Any, before: tuple[str, ...]) -> None:
    def error(recipients: list[Any] | None = None, **fields: Any) -> Any:
        body = {"threshold_amount": 1, **MONTH,
                "notification_channel": to(*(recipients or ["ops@example.com"])), **fields}
        return refused(400, alerts.create, *before, **body).param
    assert error(threshold_amount=-1) == "threshold_amount"
    assert error(threshold_amount=10**18) == "threshold_amount"
    assert error(currency="EUR") == "currency"
    assert error(interval="day") == "interval"
    for wrong in (["nobody"], [f"a{n}@example.com" for n in range(21)], ["a@b.c", "A@b.c"],
                  ["a@example.com\r\nBcc: b@example.com"]):
        assert error(wrong) == "notification_channel.recipients", wrong
    assert error(notification_channel=to()) == "notification_channel.recipients"
    assert error(notification_channel={**to("a@example.com"), "type": "slack"}) == (
        "notification_channel.type")
    assert error(notification_channel={**to("a@example.com"), "subject_prefix": "x" * 65}) == (
        "notification_channel.subject_prefix")


@scenario(*area("projects.spend_alerts", *VERBS), "projects.create")
def a_projects_alerts(world: World) -> None:
    projects = world.organization.projects
    project = projects.create(name="watched").id
    an_alert_lives(projects.spend_alerts, (project,), {"project_id": project})
    alerts_are_paged(projects.spend_alerts, (project,))
    alerts_are_checked(projects.spend_alerts, (project,))


@scenario(*area("spend_alerts", *VERBS))
def an_organizations_alerts(world: World) -> None:
    alerts = world.organization.spend_alerts
    an_alert_lives(alerts, (), {})
    alerts_are_paged(alerts, ())
    alerts_are_checked(alerts, ())


@scenario(*area("spend_alerts", *VERBS), *area("projects.spend_alerts", *VERBS), "projects.create")
def an_alert_is_found_where_it_is_and_nowhere_else(world: World) -> None:
    projects, organization = world.organization.projects, world.organization.spend_alerts
    here, there = (projects.create(name=name).id for name in ("here", "there"))
    body: dict[str, Any] = {"threshold_amount": 1, **MONTH,
                            "notification_channel": to("ops@example.com")}
    alert = projects.spend_alerts.create(here, **body).id
    refused(404, projects.spend_alerts.retrieve, alert, project_id=there)
    refused(404, projects.spend_alerts.update, alert, project_id=there, **body)
    refused(404, organization.retrieve, alert)
    of_all = organization.create(**body).id
    refused(404, projects.spend_alerts.delete, of_all, project_id=here)
    assert of_all not in ids_of(projects.spend_alerts.list(here))
