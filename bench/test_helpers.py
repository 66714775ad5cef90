# SPDX-License-Identifier: Apache-2.0
"""The black-box tests' server and upstream, with a binary built as the release is."""
from __future__ import annotations

import atexit
import os
import pathlib
import shutil
import socket
import sys

from report import ROOT

os.environ["TOLLGATE_BINARY"] = str(
    pathlib.Path(os.environ.get("TOLLGATE_BINARY", ROOT / "build/bench/tollgate")).resolve())
# One a process: a second run beside the first would take the first one's server its folder.
os.environ.setdefault("TOLLGATE_RUN_FOLDER", f"build/bench_run/{os.getpid()}")
sys.path.insert(0, str(ROOT / "tests"))

from certificates import make_certificate  # noqa: E402
from tollgate import (  # noqa: E402
    RUN_FOLDER, Tollgate, chat_body, exchange, secret, wait_for)
from upstreams import CREDENTIAL, Upstream  # noqa: E402

def first_event(connection: socket.socket) -> bytes:
    """The answer to a stream's request, up to the first event."""
    received = b""
    while b"data:" not in received:
        more = connection.recv(65536)
        assert more, received
        received += more
    assert received.startswith(b"HTTP/1.1 200"), received
    return received


atexit.register(shutil.rmtree, RUN_FOLDER, ignore_errors=True)

__all__ = ["CREDENTIAL", "Tollgate", "Upstream", "chat_body", "exchange", "first_event",
           "make_certificate", "secret", "wait_for"]
