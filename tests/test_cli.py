# SPDX-License-Identifier: Apache-2.0
"""The command line as scripts know it: what it prints, how it exits, whose setting holds."""
import json
import os
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tollgate import OWNER_EMAIL, OWNER_PASSWORD_FILE, Tollgate, wait_for
from upstreams import CREDENTIAL, Upstream


@pytest.fixture(scope="module")
def running() -> Iterator[Tollgate]:
    with Tollgate("cli-running") as server:
        yield server.init().start()


@pytest.fixture(scope="module")
def stopped() -> Tollgate:
    return Tollgate("cli-stopped").init()


@pytest.fixture(params=["running", "stopped"])
def either(request: pytest.FixtureRequest) -> Tollgate:
    """The same commands on a running server's folder and on a stopped one."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("kind, prefix", [
    ("project", "sk-tg-proj-"), ("service-account", "sk-tg-svc-"), ("admin", "sk-tg-admin-"),
    ("test", "sk-tg-test-")])
def test_created_key_is_printed_once_and_listed_redacted(
        either: Tollgate, kind: str, prefix: str) -> None:
    key = either.create_key(f"a {kind} key", kind)
    assert key["key"].startswith(prefix) and len(key["key"]) == len(prefix) + 49
    listed = either.run("keys", "list", "--json").stdout
    assert key["id"] in listed and key["key"] not in listed
    assert key["key"][-4:] in listed


def test_revoked_key_is_not_listed_as_alive(either: Tollgate) -> None:
    key = either.create_key("short-lived")
    assert either.run("keys", "revoke", key["id"]).returncode == 0
    keys = either.json("keys", "list")
    keys = keys if isinstance(keys, list) else keys["data"]
    assert all(each["revoked_at"] for each in keys if each["id"] == key["id"])


def test_usage_has_totals_and_groups(either: Tollgate) -> None:
    usage = either.usage()
    assert {"calls", "errors", "charge_nanousd"} <= set(usage["totals"])
    assert usage["groups"] == [] and usage["rest"] is None


def test_provider_is_added_and_listed_without_its_credential(either: Tollgate) -> None:
    upstream = Upstream()
    either.add_provider("listed", upstream.url, CREDENTIAL)
    upstream.stop()
    listed = either.run("providers", "list", "--json").stdout
    assert "listed" in listed and CREDENTIAL not in listed


def test_limit_is_set(either: Tollgate) -> None:
    key = either.create_key("limited")
    either.limit("key", key["id"], "1.50")
    keys = either.json("keys", "list")
    keys = keys if isinstance(keys, list) else keys["data"]
    assert next(each for each in keys if each["id"] == key["id"])["limit_nanousd"] == 1_500_000_000


def test_limit_is_listed_with_what_is_left_and_removed(either: Tollgate) -> None:
    key = either.create_key("monthly")
    limit = either.json("limits", "set", "--key", key["id"], "--usd", "50", "--per", "month",
                        "--time-zone", "Europe/Berlin", "--soft")
    assert limit["left_nanousd"] == limit["left"] == 50 * 10**9
    assert limit["resets_at"] > time.time() and limit["hard"] is False
    shown = either.run("limits", "list", "--target", key["id"]).stdout
    assert limit["id"] in shown and "$50.00 per month in Europe/Berlin (soft)" in shown
    again = either.json("limits", "set", "--key", key["id"], "--usd", "60", "--per", "month",
                        "--time-zone", "Europe/Berlin")
    assert (again["id"], again["amount"], again["hard"]) == (limit["id"], 60 * 10**9, True)
    assert either.json("limits", "remove", limit["id"])["deleted"] is True
    assert either.json("limits", "list", "--target", key["id"])["data"] == []


@pytest.mark.parametrize("flags, field", [
    (("--usd=-1",), "usd"), (("--usd", "much"), "usd"), (("--usd", "0.0000000001"), "usd"),
    (("--tokens", "1.5"), "tokens"), (("--tokens", "many"), "tokens"),
    (("--usd", "1", "--per", "fortnight"), "per"),
    (("--usd", "1", "--per", "day", "--window", "leaky"), "window"),
    (("--usd", "1", "--per", "day", "--time-zone", "Mars/Olympus"), "time_zone"),
    (("--concurrency", "1", "--per", "day"), "per"), (("--usd", "1", "--model", "m"), "model")])
def test_limit_that_makes_no_sense_names_the_field(stopped: Tollgate, flags: tuple,
                                                   field: str) -> None:
    key = stopped.create_key("unlimited")
    done = stopped.run("limits", "set", "--key", key["id"], *flags, "--json")
    assert done.returncode == 1 and done.stdout == ""
    assert json.loads(done.stderr)["error"]["param"] == field


@pytest.mark.parametrize("arguments", [
    ("keys", "revoke", "key_that_is_not_there"),
    ("limits", "set", "--key", "key_that_is_not_there", "--usd", "1", "--per", "total")])
def test_unknown_id_fails_and_says_which(either: Tollgate, arguments: tuple) -> None:
    done = either.run(*arguments)
    assert done.returncode not in (0, 64), done
    assert done.stderr.strip() and done.stdout == ""


@pytest.mark.parametrize("arguments", [
    ("no-such-command",), ("keys",), ("keys", "create"), ("serve", "--no-such-flag"),
    ("limits", "set", "--usd", "1"), ("limits", "set", "--key", "key_1"),
    ("limits", "set", "--key", "key_1", "--usd", "1", "--tokens", "1"),
    ("limits", "set", "--key", "key_1", "--project", "proj_1", "--usd", "1"),
    ("keys", "create", "--name", "x", "--kind", "no-such-kind")])
def test_wrong_usage_fails_and_points_to_help(stopped: Tollgate, arguments: tuple) -> None:
    done = stopped.run(*arguments, data=False)
    assert done.returncode != 0
    assert done.stderr.strip() and done.stdout == ""


@pytest.mark.parametrize("command", [
    (), ("serve",), ("init",), ("keys", "create"), ("keys", "list"), ("keys", "revoke"),
    ("providers", "add"), ("providers", "list"), ("providers", "test"), ("limits", "set"),
    ("limits", "remove"), ("limits", "list"), ("usage",), ("config",), ("doctor",), ("version",)])
def test_help_is_there(stopped: Tollgate, command: tuple) -> None:
    done = stopped.run(*command, "--help", data=False)
    assert done.returncode == 0 and len(done.stdout) > 100


def test_version(stopped: Tollgate) -> None:
    done = stopped.run("version", data=False)
    assert done.returncode == 0 and "0.1.0" in done.stdout


def test_second_init_is_refused(either: Tollgate) -> None:
    done = either.run("init", "--owner-email", OWNER_EMAIL,
                      "--owner-password-file", str(OWNER_PASSWORD_FILE))
    assert done.returncode != 0 and done.stderr.strip()


def test_second_server_on_a_folder_is_refused(running: Tollgate) -> None:
    done = running.run("serve", "--listen", "127.0.0.1:0")
    assert done.returncode != 0
    assert str(running.process.pid) in done.stderr or "already" in done.stderr
    assert running.is_ready()


def test_port_in_use_is_refused(running: Tollgate, stopped: Tollgate) -> None:
    done = stopped.run("serve", "--listen", f"127.0.0.1:{running.port}")
    assert done.returncode != 0 and str(running.port) in done.stderr


def test_data_folder_is_private(running: Tollgate) -> None:
    def mode(path) -> int:
        return stat.S_IMODE(os.stat(path).st_mode)
    assert mode(running.data) == 0o700
    for name in ("master.key", "pepper", "control.sock"):
        assert mode(running.data / name) == 0o600, name


@pytest.mark.parametrize("name", ["master.key", "pepper"])
def test_lost_secret_file_is_a_refused_start(name: str) -> None:
    with Tollgate("lost") as server:
        server.init()
        (server.data / name).rename(server.data / f"{name}.lost")
        done = server.run("serve", "--listen", "127.0.0.1:0")
        assert done.returncode != 0 and name in done.stderr
        assert not (server.data / name).exists(), "a new one must not take its place"


def test_setting_precedence_is_file_environment_flag(stopped: Tollgate) -> None:
    file = stopped.folder / "tollgate.toml"
    environment: dict[str, str] = {}

    def shown(*flags: str) -> str:
        done = stopped.run("config", *flags, "--json", environment=environment)
        assert done.returncode == 0, done.stderr
        return json.dumps(json.loads(done.stdout))

    assert "31017" not in shown()
    file.write_text('drain_ms = 31017\n')
    assert "31017" in shown() and "tollgate.toml" in shown()
    environment["TOLLGATE_DRAIN_MS"] = "31018"
    assert "31018" in shown() and "31017" not in shown() and "TOLLGATE_DRAIN_MS" in shown()
    assert "31019" in shown("--drain-ms", "31019")
    file.write_text('no_such_setting = 1\n')
    refused = stopped.run("config")
    file.unlink()
    assert refused.returncode != 0 and "no_such_setting" in refused.stderr


def test_doctor_checks_six_things(running: Tollgate) -> None:
    done = running.run("doctor", "--json")
    checks = json.loads(done.stdout)
    checks = checks if isinstance(checks, list) else checks["checks"]
    assert [check["name"] for check in checks] == [
        "data folder", "keys' files", "database", "port", "provider", "mail", "clock"]


def test_provider_of_the_environment_is_added_at_start() -> None:
    upstream = Upstream()
    environment = {"OPENAI_API_KEY": CREDENTIAL, "OPENAI_BASE_URL": upstream.url}
    with Tollgate("environment", environment=environment) as server:
        server.init().start()
        key = server.create_key()["key"]
        wait_for(lambda: server.chat(key, "plain").status == 200, what="the provider")
        assert upstream.calls[-1]["headers"]["Authorization"] == f"Bearer {CREDENTIAL}"
    upstream.stop()


def test_own_key_in_the_environment_is_ignored_with_a_reason(running: Tollgate) -> None:
    own_key = running.create_key()["key"]
    environment = {"OPENAI_API_KEY": own_key, "OPENAI_BASE_URL": running.url}
    with Tollgate("own-key", environment=environment) as server:
        server.init().start()
        said = server.stderr_path.read_text() + server.stdout_path.read_text()
        assert "OPENAI_API_KEY" in said and own_key not in said
        assert server.chat(server.create_key()["key"], "hello").status == 404


def test_sigterm_lets_running_calls_finish_and_exits_with_success() -> None:
    upstream = Upstream()
    with Tollgate("drain") as server, ThreadPoolExecutor(1) as pool:
        server.init().start()
        server.add_provider("upstream", upstream.url)
        key = server.create_key()
        call = pool.submit(server.chat, key["key"], "hold")
        wait_for(lambda: upstream.calls, what="the call at the upstream")
        server.process.terminate()
        wait_for(lambda: not server.is_ready(), what="no new calls")
        upstream.release.set()
        assert call.result().status == 200
        assert server.process.wait(15) == 0
        server.process = None
        assert server.key_totals(key["id"])["calls"] == 1
    upstream.stop()


def test_start_time_is_told(record_property) -> None:
    """Under 200 ms is the aim; a shared machine's time is shown, not judged."""
    with Tollgate("start-time") as server:
        server.init()
        took_ms = []
        for _ in range(5):
            began = time.monotonic()
            server.start()
            took_ms.append(round((time.monotonic() - began) * 1000))
            server.stop()
    record_property("start_ms", sorted(took_ms)[2])
    print(f"from exec to ready: median {sorted(took_ms)[2]} ms of {took_ms}")
