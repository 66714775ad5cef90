# SPDX-License-Identifier: Apache-2.0
"""nginx with a map of all keys, which does what HAProxy does with its one (peer_haproxy.py)."""
from __future__ import annotations

import os
from string import Template

import peer_nginx
from peer_process import Peer
from report import first_line

PROXY = Template("""\
  map_hash_max_size 65536;
  map_hash_bucket_size 256;
  map $$http_authorization $$credential {
    default "";
    include $map;
  }
  upstream provider {
    server 127.0.0.1:$upstream;
    keepalive 128;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:$port;
    location / {
      if ($$credential = "") { return 401; }
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization $$credential;
    }
  }""")


class NginxMap(Peer):
    name = "nginx, map of 10,000 keys"
    knows_keys = True

    @staticmethod
    def version() -> str:
        return first_line("nginx", "-v")

    def command(self) -> list[str]:
        keys, config = self.folder / "keys.map", self.folder / "nginx.conf"
        keys.touch(0o600)
        keys.write_text("".join(f'"Bearer {key}" "Bearer upstream-key-{number}";\n' for number, key
                                in enumerate(self.keys_file.read_text().split())))
        http = PROXY.substitute(map=keys, upstream=self.upstream_port, port=self.port)
        config.write_text(peer_nginx.BASE.substitute(
            folder=self.folder, user="user root;" if os.geteuid() == 0 else "", http=http))
        return ["nginx", "-p", str(self.folder), "-e", str(self.folder / "error.log"),
                "-c", str(config)]
