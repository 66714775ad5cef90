# SPDX-License-Identifier: Apache-2.0
"""HAProxy with a map of all keys: the fairest gateway with authentication in C. It looks the bearer
token up, replaces it, and passes the call on."""
from __future__ import annotations

from string import Template

from peer_process import Peer, install_package
from report import first_line

CONFIG = Template("""\
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend clients
  bind 127.0.0.1:$port
  http-request set-var(txn.key) req.hdr(authorization),word(2,' '),map_str($map)
  http-request deny deny_status 401 unless { var(txn.key) -m found }
  http-request set-header Authorization "Bearer %[var(txn.key)]"
  default_backend provider
backend provider
  http-reuse always
  server provider 127.0.0.1:$upstream
""")


class HaProxy(Peer):
    name = "HAProxy, map of 10,000 keys"
    knows_keys = True

    @staticmethod
    def install() -> None:
        install_package("haproxy")

    @staticmethod
    def version() -> str:
        return first_line("haproxy", "-v")

    def command(self) -> list[str]:
        keys, config = self.folder / "keys.map", self.folder / "haproxy.cfg"
        keys.touch(0o600)
        keys.write_text("".join(f"{key} upstream-key-{number}\n" for number, key in
                                enumerate(self.keys_file.read_text().split())))
        config.write_text(CONFIG.substitute(port=self.port, map=keys, upstream=self.upstream_port))
        return ["haproxy", "-db", "-f", str(config)]
