# SPDX-License-Identifier: Apache-2.0
"""Portkey's gateway, which knows no keys of its own: it passes the client's on."""
from __future__ import annotations

import json
import subprocess

from peer_process import PEERS, Peer
from report import first_line

FOLDER = PEERS / "portkey"
VERSION = "1.15.2"
# A fresh install answers every stream with 500 unless its HTTP server is held at this version.
PACKAGE = {"private": True, "dependencies": {"@portkey-ai/gateway": VERSION},
           "overrides": {"@hono/node-server": "1.13.8"}}
# It listens on all interfaces by itself.
LOOPBACK = """\
const net = require('net')
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...rest) {
  return typeof port === 'number' || typeof port === 'string'
    ? listen.call(this, Number(port), '127.0.0.1', ...rest.filter(one => typeof one === 'function'))
    : listen.call(this, port, ...rest)
}
"""


class Portkey(Peer):
    name = "Portkey"

    @staticmethod
    def install() -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "loopback.cjs").write_text(LOOPBACK)
        package, done = FOLDER / "package.json", FOLDER / "node_modules" / "@portkey-ai"
        wanted = json.dumps(PACKAGE)
        if done.exists() and package.read_text() == wanted:
            return
        print(f"installs npm's @portkey-ai/gateway {VERSION} into {FOLDER} …", flush=True)
        package.write_text(wanted)
        subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"],
                       cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)

    @staticmethod
    def version() -> str:
        return f"Portkey {VERSION}, Node {first_line('node', '--version')}"

    @property
    def headers(self) -> tuple[str, ...]:
        return ("x-portkey-provider: openai",
                f"x-portkey-custom-host: http://127.0.0.1:{self.upstream_port}/v1")

    def command(self) -> list[str]:
        program = FOLDER / "node_modules/@portkey-ai/gateway/build/start-server.js"
        return ["node", "--require", str(FOLDER / "loopback.cjs"), str(program),
                f"--port={self.port}", "--headless"]

    def environment(self) -> dict[str, str]:
        return {"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost"}
