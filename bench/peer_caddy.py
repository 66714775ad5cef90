# SPDX-License-Identifier: Apache-2.0
"""Caddy's reverse_proxy, on one core."""
from __future__ import annotations

from string import Template

from peer_process import Peer, install_package
from report import first_line

# As many kept connections as nginx has; its own default is 32, which half of ours would outnumber.
CONFIG = Template("""\
{
  admin off
  auto_https off
}
http://127.0.0.1:$port {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:$upstream {
    transport http {
      keepalive_idle_conns_per_host 128
    }
  }
}
""")


class Caddy(Peer):
    name = "Caddy, reverse_proxy"

    @staticmethod
    def install() -> None:
        install_package("caddy")

    @staticmethod
    def version() -> str:
        return f"Caddy {first_line('caddy', 'version')}"

    def command(self) -> list[str]:
        config = self.folder / "Caddyfile"
        config.write_text(CONFIG.substitute(port=self.port, upstream=self.upstream_port))
        return ["caddy", "run", "--adapter", "caddyfile", "--config", str(config)]

    def environment(self) -> dict[str, str]:
        return {"GOMAXPROCS": "1", "HOME": str(self.folder)}
