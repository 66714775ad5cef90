# SPDX-License-Identifier: Apache-2.0
"""The console's page of one call, in a real browser: its sum term by term, cost beside charge, and
what makes it less certain than it looks (tests/browser/calls.test.mjs)."""
from __future__ import annotations

import json
import sys
from typing import Any

from people import Person, create_key
from test_browser import run_in_browser
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, ROOT, Tollgate

sys.path.append(str(ROOT / "tests/wire"))
from raw import RawUpstream, Script, chat_script, gateway_of, plain_answer, tokens  # noqa: E402

MODEL, OTHER, LOCAL, NOBODYS = "gpt-4.1-mini", "gpt-4.1", "llama-4-local", "nobodys-model"
COUNTS = {**tokens(1000, 500), "prompt_tokens_details": {"cached_tokens": 333},
          "completion_tokens_details": {"reasoning_tokens": 7}}
EMBEDDED = {"object": "list", "model": "text-embedding-3-small",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
            "usage": {"prompt_tokens": 12, "total_tokens": 12}}


def call(raw: RawUpstream, gateway: Tollgate, key: str, model: str, script: Script) -> str:
    raw.scripts.append(script)
    answer = gateway.chat(key, "hello " * 400, model)
    assert answer.status == 200, answer
    return answer.headers["x-request-id"]


def embed(raw: RawUpstream, gateway: Tollgate, key: str) -> str:
    raw.scripts.append(Script(plain_answer(json.dumps(EMBEDDED).encode())))
    answer = gateway.post("/v1/embeddings",
                          {"model": EMBEDDED["model"], "input": "hello"}, key)
    assert answer.status == 200, answer
    return answer.headers["x-request-id"]


def make_calls(raw: RawUpstream, gateway: Tollgate) -> dict[str, str]:
    """One of each kind, by its name."""
    key, test_key = (gateway.create_key("laptop", kind)["key"] for kind in ("project", "test"))
    calls = {"plain": call(raw, gateway, key, MODEL, chat_script(MODEL, "hello", COUNTS)),
             "mismatch": call(raw, gateway, key, MODEL,
                              chat_script(OTHER, "hello", tokens(1000, 500))),
             "counted": call(raw, gateway, key, MODEL, chat_script(MODEL, "hello there")),
             # The sandbox answers it, and no provider.
             "test": gateway.chat(test_key, "hello", MODEL).headers["x-request-id"],
             "embedding": embed(raw, gateway, key)}
    gateway.json("prices", "set", LOCAL, "--input", "0.000000007", "--output", "0.0000005",
                 "--reason", "power and rent")
    calls["rounded"] = call(raw, gateway, key, LOCAL, chat_script(LOCAL, "hi", tokens(1000, 999)))
    gateway.json("prices", "ceiling", "--input", "15", "--output", "75")
    calls["unpriced"] = call(raw, gateway, key, NOBODYS,
                             chat_script(NOBODYS, "hello", tokens(1000, 500)))
    gateway.json("prices", "book", "set", "--factor", "1.15", "--reason", "a share of the rent")
    calls["factor"] = call(raw, gateway, key, MODEL, chat_script(MODEL, "hello", COUNTS))
    gateway.json("prices", "book", "set", "--model", OTHER, "--input", "3", "--output", "9")
    calls["own_prices"] = call(raw, gateway, key, OTHER,
                               chat_script(OTHER, "hello", tokens(1000, 500)))
    for call_id in calls.values():
        gateway.explained(call_id)
    return calls


def a_member_with_a_call(raw: RawUpstream, gateway: Tollgate) -> tuple[Person, str]:
    member = Person(gateway, "member", "reader").sign_in()
    session: dict[str, Any] = member.ask("GET", "/v1/tollgate/session").json
    key = create_key(member, session["projects"][0]["id"])
    theirs = call(raw, gateway, key, MODEL, chat_script(MODEL, "hello", COUNTS))
    gateway.explained(theirs)
    return member, theirs


def test_a_calls_sum_in_a_browser() -> None:
    raw = RawUpstream([MODEL, OTHER, LOCAL, NOBODYS, str(EMBEDDED["model"])])
    try:
        with gateway_of("call-page", raw) as gateway:
            calls = make_calls(raw, gateway)
            member, theirs = a_member_with_a_call(raw, gateway)
            run_in_browser(gateway, "calls.test.mjs", {
                "TOLLGATE_EMAIL": OWNER_EMAIL, "TOLLGATE_PASSWORD": OWNER_PASSWORD,
                "TOLLGATE_MEMBER_EMAIL": member.email, "TOLLGATE_MEMBER_PASSWORD": member.password,
                "TOLLGATE_CALLS": json.dumps({**calls, "theirs": theirs})})
            assert gateway.stop() == 0
    finally:
        raw.stop()
