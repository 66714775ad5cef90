# SPDX-License-Identifier: Apache-2.0
"""LiteLLM's proxy without a database, whose client needs a binary that no package registry has: so
it has one key, meters nothing, and limits nothing."""
from __future__ import annotations

import json
import pathlib
import subprocess
import sys

from peer_process import KEY, PEERS, Peer

VENV = PEERS / "litellm"
VERSION = "1.106.12"  # newer ones ask for a litellm-proxy that PyPI did not have (2026-11-26)


class LiteLlm(Peer):
    name = "LiteLLM, master key only"
    knows_keys = True
    start_seconds = 180

    def __init__(self, folder: pathlib.Path, upstream_port: int, _: pathlib.Path):
        folder.mkdir(parents=True, exist_ok=True)
        one_key = folder / "keys"
        one_key.touch(0o600)
        one_key.write_text(KEY + "\n")
        super().__init__(folder, upstream_port, one_key)

    @staticmethod
    def install() -> None:
        if (VENV / f"installed-{VERSION}").exists():
            return
        print(f"installs PyPI's litellm[proxy] {VERSION} into {VENV}: a minute or two …",
              flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        subprocess.run([str(VENV / "bin/pip"), "install", "--quiet",
                        "--disable-pip-version-check", f"litellm[proxy]=={VERSION}"], check=True)
        (VENV / f"installed-{VERSION}").touch()

    @staticmethod
    def version() -> str:
        return f"LiteLLM {VERSION}, Python {sys.version.split()[0]}"

    def command(self) -> list[str]:
        config = self.folder / "config.yaml"  # JSON is YAML
        config.touch(0o600)
        config.write_text(json.dumps({
            "model_list": [{"model_name": "gpt-4.1-mini", "litellm_params": {
                "model": "openai/gpt-4.1-mini", "api_key": "upstream-key",
                "api_base": f"http://127.0.0.1:{self.upstream_port}/v1"}}],
            "general_settings": {"master_key": KEY}}))
        return [str(VENV / "bin/litellm"), "--config", str(config), "--host", "127.0.0.1",
                "--port", str(self.port), "--num_workers", "1", "--telemetry", "False"]

    def environment(self) -> dict[str, str]:
        return {"LITELLM_LOG": "ERROR", "LITELLM_MODE": "PRODUCTION",
                "LITELLM_LOCAL_MODEL_COST_MAP": "True", "HOME": str(self.folder)}
