# SPDX-License-Identifier: Apache-2.0
import time
from typing import Any

from conformance.scenarios import area, refused, scenario
from conformance.world import MODEL, World

FAMILIES = ("audio_speeches", "audio_transcriptions", "code_interpreter_sessions", "completions",
            "decisions", "embeddings", "file_search_calls", "images", "moderations",
            "vector_stores", "web_search_calls")
CALLS = 3
PATIENCE_S = 20


def results_of(page: Any) -> list[Any]:
    return [result for bucket in page.data for result in bucket.results]


def eventually(ask: Any, enough: Any) -> Any:
    """A call stands in the ledger well within a second of its end."""
    deadline = time.monotonic() + PATIENCE_S
    while not enough(found := ask()):
        assert time.monotonic() < deadline, found
    return found


@scenario(*area("usage", "completions", "costs"), "projects.create",
          "projects.service_accounts.create")
def a_projects_calls_are_told_and_cost_the_same(world: World) -> None:
    organization = world.organization
    since = int(time.time()) - 3600
    project = organization.projects.create(name="counted").id
    key = organization.projects.service_accounts.create(project, name="robot").api_key.value
    for _ in range(CALLS):
        assert world.call(key) == 200
    mine = {"start_time": since, "project_ids": [project]}
    found = eventually(
        lambda: results_of(organization.usage.completions(**mine, group_by=["model", "user_id"])),
        lambda results: sum(result.num_model_requests for result in results) == CALLS)
    assert [result.model for result in found] == [MODEL]
    assert found[0].input_tokens > 0 and found[0].output_tokens > 0
    assert found[0].project_id is None and found[0].user_id
    by_hour = organization.usage.completions(**mine, bucket_width="1h")
    by_minute = organization.usage.completions(**mine, bucket_width="1m", limit=1440)
    for page in (by_hour, by_minute):
        assert sum(result.output_tokens for result in results_of(page)) == found[0].output_tokens
    assert not results_of(organization.usage.completions(**mine, models=["another"]))
    assert not results_of(organization.usage.completions(**mine, batch=True))

    costs = organization.usage.costs(**mine, group_by=["project_id", "line_item"])
    items = results_of(costs)
    assert [(item.project_id, item.line_item) for item in items] == [(project, MODEL)]
    assert items[0].amount.value > 0 and items[0].amount.currency == "usd"
    whole = results_of(organization.usage.costs(**mine))
    assert [item.amount.value for item in whole] == [items[0].amount.value]


@scenario(*area("usage", *FAMILIES, "costs"))
def every_kind_of_usage_is_told_by_pages(world: World) -> None:
    usage = world.organization.usage
    day = 86_400
    midnight = int(time.time()) // day * day
    for name in (*FAMILIES, "costs"):
        ask = getattr(usage, name)
        page = ask(start_time=midnight - 9 * day, end_time=midnight, limit=4)
        seen = [(bucket.start_time, bucket.end_time) for bucket in page.data]
        while page.has_more:
            page = ask(start_time=midnight - 9 * day, end_time=midnight, limit=4,
                       page=page.next_page)
            seen += [(bucket.start_time, bucket.end_time) for bucket in page.data]
        assert page.next_page is None
        assert seen == [(midnight - (9 - i) * day, midnight - (8 - i) * day) for i in range(9)]
        refused(400, ask, start_time=midnight, end_time=midnight - day)
        refused(400, ask, start_time=midnight, page="page_of_nothing")
        refused(400, ask, start_time=midnight, limit=1000)
        refused(400, ask, start_time=midnight, group_by=["colour"])
