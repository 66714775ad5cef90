# SPDX-License-Identifier: Apache-2.0
"""The black-box tests' server and upstream, with a binary built as the release is."""
from __future__ import annotations

import os
import pathlib
import shutil
import sys

from report import ROOT

os.environ["TOLLGATE_BINARY"] = str(
    pathlib.Path(os.environ.get("TOLLGATE_BINARY", ROOT / "build/bench/tollgate")).resolve())
os.environ.setdefault("TOLLGATE_RUN_FOLDER", "build/bench_run")
sys.path.insert(0, str(ROOT / "tests"))

from tollgate import (  # noqa: E402
    RUN_FOLDER, Tollgate, chat_body, exchange, secret, wait_for)
from upstreams import CREDENTIAL, Upstream  # noqa: E402

shutil.rmtree(RUN_FOLDER, ignore_errors=True)

__all__ = ["CREDENTIAL", "Tollgate", "Upstream", "chat_body", "exchange", "secret",
           "wait_for"]
