# SPDX-License-Identifier: Apache-2.0
"""What a key used and what it is charged: exactly, and within a second."""
import csv
import io
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

from tollgate import BINARY, ROOT, Tollgate, events

# tests/aimock.json says so of every chat answer.
INPUT_TOKENS, OUTPUT_TOKENS = 11, 7


def price(model: str, unit: str) -> int:
    """The catalogue's standard price in nano-dollars per million."""
    for row in json.loads((ROOT / "catalogue/model_prices.json").read_text())["models"]:
        if row["provider"] == "openai" and row["model"] == model:
            return next(each["nanousd_per_million"] for each in row["prices"]
                        if each["unit"] == unit and set(each) == {"unit", "nanousd_per_million"})
    raise LookupError(model)


def charge(model: str) -> int:
    exact = (INPUT_TOKENS * price(model, "input_text_token")
             + OUTPUT_TOKENS * price(model, "output_text_token"))
    return (exact + 500_000) // 1_000_000


def test_chat_is_charged_to_the_nano_dollar(server: Tollgate, project_key: dict) -> None:
    assert server.chat(project_key["key"], "hello").status == 200
    totals = server.wait_for_calls(project_key["id"], 1)
    assert totals["charge_nanousd"] == charge("gpt-4.1-mini")
    assert totals["input_tokens"] == INPUT_TOKENS
    assert totals["output_tokens"] == OUTPUT_TOKENS


def test_stream_is_charged_as_the_plain_call_is(server: Tollgate, project_key: dict) -> None:
    stream = list(events(server.open_stream(project_key["key"], "hello")))
    assert stream[-1] == "[DONE]"
    assert server.wait_for_calls(project_key["id"], 1)["charge_nanousd"] == charge("gpt-4.1-mini")


def test_responses_are_charged_as_chat_is(server: Tollgate, project_key: dict) -> None:
    body = {"model": "gpt-4.1-mini", "input": "hello"}
    assert server.post("/v1/responses", body, project_key["key"]).status == 200
    assert list(events_of(server, project_key["key"], {**body, "stream": True}))
    assert server.wait_for_calls(project_key["id"], 2)["charge_nanousd"] == 2 * charge(
        "gpt-4.1-mini")


def events_of(server: Tollgate, key: str, body: dict) -> list[str]:
    answer = server.post("/v1/responses", body, key)
    assert answer.status == 200, answer
    return [line for line in answer.body.decode().splitlines() if line.startswith("data:")]


def test_retired_model_is_charged_as_its_successor(server: Tollgate, project_key: dict) -> None:
    assert server.chat(project_key["key"], "hello", model="gpt-4").status == 200
    assert server.wait_for_calls(project_key["id"], 1)["charge_nanousd"] == charge("gpt-4.1")


def test_speech_is_charged_by_character(server: Tollgate, project_key: dict) -> None:
    body = {"model": "tts-1", "voice": "alloy", "input": "Twenty-five characters..."}
    assert server.post("/v1/audio/speech", body, project_key["key"]).status == 200
    totals = server.wait_for_calls(project_key["id"], 1)
    assert totals["charge_nanousd"] == 25 * price("tts-1", "input_character") // 1_000_000


def test_transcription_is_charged_by_second(server: Tollgate, project_key: dict) -> None:
    boundary = "frontier"
    form = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
            f'RIFF....\r\n--{boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\n'
            f'whisper-1\r\n--{boundary}--\r\n').encode()
    answer = server.post("/v1/audio/transcriptions", form, project_key["key"],
                         headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})
    assert answer.status == 200, answer
    # aimock.json: its answer says two seconds.
    totals = server.wait_for_calls(project_key["id"], 1)
    assert totals["charge_nanousd"] == 2 * price("whisper-1", "input_second") // 1_000_000


def test_totals_are_the_sum_of_the_groups_and_of_the_ledger(
        server: Tollgate, project_key: dict) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: server.chat(project_key["key"], "hello"), range(200)))
    assert {answer.status for answer in answers} == {200}
    totals = server.wait_for_calls(project_key["id"], 200)
    assert totals["calls"] == 200
    assert totals["charge_nanousd"] == 200 * charge("gpt-4.1-mini")

    usage = server.usage()
    for name in ("calls", "charge_nanousd", "interrupted"):
        assert usage["totals"][name] == sum(group["totals"][name] for group in usage["groups"])
    ledger = server.ledger("SELECT count(*) AS calls, sum(charge) AS charge FROM usage_events"
                           " WHERE key_id = ?", project_key["id"])[0]
    assert (ledger["calls"], ledger["charge"]) == (200, totals["charge_nanousd"])


def test_usage_survives_a_restart(server: Tollgate, project_key: dict) -> None:
    assert server.chat(project_key["key"], "hello").status == 200
    before = server.wait_for_calls(project_key["id"], 1)
    assert server.stop() == 0
    assert server.key_totals(project_key["id"]) == before, "on the stopped folder"
    server.start()
    assert server.key_totals(project_key["id"]) == before, "on the running one"


def test_all_calls_can_be_exported_as_lines_and_as_a_spreadsheet(
        server: Tollgate, project_key: dict) -> None:
    for _ in range(3):
        assert server.chat(project_key["key"], "hello").status == 200
    server.wait_for_calls(project_key["id"], 3)
    of_key = ("--key", project_key["id"])
    lines = server.run("calls", "export", *of_key)
    assert lines.returncode == 0, lines.stderr
    calls = [json.loads(line) for line in lines.stdout.splitlines()]
    assert len({call["id"] for call in calls}) == 3
    assert [call["at_unix_ms"] for call in calls] == sorted(
        (call["at_unix_ms"] for call in calls), reverse=True)
    sheet = server.run("calls", "export", "--csv", *of_key)
    rows = list(csv.DictReader(io.StringIO(sheet.stdout)))
    assert [row["id"] for row in rows] == [call["id"] for call in calls]
    assert sum(int(row["charge_nanousd"]) for row in rows) == 3 * charge("gpt-4.1-mini")
    page = server.json("calls", "list", "--limit", "2", *of_key)
    rest = server.json("calls", "list", "--after", page["last_id"], *of_key)
    assert [call["id"] for call in page["data"] + rest["data"]] == [call["id"] for call in calls]
    assert page["has_more"] and not rest["has_more"]
    for form, plain in (((), lines), (("--csv",), sheet)):
        packed = subprocess.run(
            [str(BINARY), "calls", "export", "--zstd", *form, *of_key, "--data", str(server.data)],
            capture_output=True, timeout=30, env=server.environment)
        unpacked = subprocess.run(["zstd", "-dc"], input=packed.stdout, capture_output=True)
        assert unpacked.returncode == 0, unpacked.stderr
        assert unpacked.stdout.decode() == plain.stdout
    nothing = server.json("calls", "list", "--to", "2020-01-01", *of_key)
    assert nothing["data"] == [] and nothing["last_id"] is None
    for wrong in (("--after", "call_99-0-1"), ("--after", "x"), ("--from", "yesterday")):
        assert server.run("calls", "list", *wrong).returncode != 0


def test_calls_of_one_endpoint_are_listed_alone(server: Tollgate, project_key: dict) -> None:
    assert server.chat(project_key["key"], "hello").status == 200
    body = {"model": "tts-1", "voice": "alloy", "input": "Twenty-five characters..."}
    for _ in range(2):
        assert server.post("/v1/audio/speech", body, project_key["key"]).status == 200
    server.wait_for_calls(project_key["id"], 3)
    of_key = ("--key", project_key["id"])
    spoken = server.json("calls", "list", "--endpoint", "/v1/audio/speech", "--limit", "1", *of_key)
    rest = server.json("calls", "list", "--endpoint", "/v1/audio/speech", "--after",
                       spoken["last_id"], *of_key)
    assert [call["endpoint"] for call in spoken["data"] + rest["data"]] == ["/v1/audio/speech"] * 2
    assert spoken["has_more"] and not rest["has_more"]
    both = server.json("calls", "list", "--endpoint", "/v1/chat/completions,/v1/audio/speech",
                       *of_key)
    assert len(both["data"]) == 3
    assert server.json("calls", "list", "--endpoint", "/v1/nothing", *of_key)["data"] == []


def test_whole_points_have_what_the_sums_have(server: Tollgate, project_key: dict) -> None:
    for _ in range(2):
        assert server.chat(project_key["key"], "hello").status == 200
    server.wait_for_calls(project_key["id"], 2)
    asked = {"step": "day", "by": ["model"], "key_ids": [project_key["id"]]}
    report = server.operate("usage", points="all", **asked)
    for part in (report, *report["groups"]):
        points = [point for point in part["points"] if point]
        assert points and all(point.keys() == {*part["totals"], "tokens"} for point in points)
        for name, total in part["totals"].items():
            assert sum(point[name] for point in points) == total, name
    [drawn] = [point for point in server.operate("usage", **asked)["points"] if point]
    assert drawn.keys() == {"calls", "errors", "tokens", "charge_nanousd"}


def test_what_a_test_keys_calls_would_have_cost_is_shown(server: Tollgate) -> None:
    key = server.create_key("trial", "test")
    assert server.chat(key["key"], "hello").status == 200
    would = server.wait_for_calls(key["id"], 1)["would_have_cost_nanousd"]
    assert would > 0
    sheet = server.run("usage", "--by", "key", "--key", key["id"], "--csv")
    [row] = csv.DictReader(io.StringIO(sheet.stdout))
    assert int(row["would_have_cost"].replace(".", "")) == would
    assert int(row["charge"].replace(".", "")) == 0
    assert "WOULD HAVE COST" in server.run("usage").stdout


def test_steps_without_a_beginning_are_whole(server: Tollgate, project_key: dict) -> None:
    assert server.chat(project_key["key"], "hello").status == 200
    server.wait_for_calls(project_key["id"], 1)
    monthly = server.json("usage", "--step", "month", "--time-zone", "Asia/Kathmandu")
    assert {start[7:] for start in monthly["starts"]} == {"-01T00:00:00+05:45"}
    assert monthly["totals"]["calls"] >= 1
