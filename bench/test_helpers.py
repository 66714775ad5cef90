# SPDX-License-Identifier: Apache-2.0
"""The black-box tests' server and upstream, with a binary built as the release is."""
from __future__ import annotations

import atexit
import os
import pathlib
import shutil
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

atexit.register(shutil.rmtree, RUN_FOLDER, ignore_errors=True)

__all__ = ["CREDENTIAL", "Tollgate", "Upstream", "chat_body", "exchange", "make_certificate",
           "secret", "wait_for"]
