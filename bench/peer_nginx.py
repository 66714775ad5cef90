# SPDX-License-Identifier: Apache-2.0
"""nginx twice: as the upstream that answers at once, and as the yardstick, a plain proxy_pass."""
from __future__ import annotations

import contextlib
import http.client
import json
import os
import pathlib
import subprocess
from string import Template

from measure import CONTENDER_CORE, LOAD_CORE, accepts, free_port, pinned, wait_for

ANSWER_BYTES = 1024
PROMPT_TOKENS, COMPLETION_TOKENS = 230, 120
MODELS = {"object": "list", "data": [
    {"id": "gpt-4.1-mini", "object": "model", "created": 1744316542, "owned_by": "bench"}]}

BASE = Template("""\
daemon off;
worker_processes 1;
$user
pid $folder/nginx.pid;
error_log $folder/error.log error;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
  access_log off;
  default_type application/json;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path $folder/client_body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
$http
}
""")

UPSTREAM = Template("""\
  server {
    listen 127.0.0.1:$port;
    location = /v1/models { return 200 '$models'; }
    location = /v1/chat/completions { return 200 '$answer'; }
    location = /status { stub_status; }
  }""")

PROXY = Template("""\
  upstream provider {
    server 127.0.0.1:$upstream_port;
    keepalive 128;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:$port;
    location / {
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering $buffering;
    }
  }""")


def chat_answer() -> str:
    answer = {
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "object": "chat.completion",
        "created": 1744316600, "model": "gpt-4.1-mini-2025-04-14",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "",
                                             "refusal": None, "annotations": []},
                     "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": COMPLETION_TOKENS,
                  "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
                  "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                  "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0}},
        "service_tier": "default", "system_fingerprint": "fp_38343a2f8f"}
    text = "A tollgate lets everyone through who pays, and counts. " * 20
    missing = ANSWER_BYTES - len(json.dumps(answer))
    answer["choices"][0]["message"]["content"] = text[:missing]
    return json.dumps(answer)


class Nginx:
    name = "nginx, plain proxy_pass"

    def __init__(self, folder: pathlib.Path, core: int, http: Template, **values: object):
        self.port = free_port()
        self._folder, self._core = folder, core
        self._http = http.substitute(port=self.port, **values)
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def start(self) -> Nginx:
        self._folder.mkdir(parents=True)
        config, errors = self._folder / "nginx.conf", self._folder / "error.log"
        # Started as root, its worker would be another user, who may not enter our folder.
        user = "user root;" if os.geteuid() == 0 else ""
        config.write_text(BASE.substitute(folder=self._folder, user=user, http=self._http))
        self._process = subprocess.Popen(
            pinned(self._core, "nginx", "-p", str(self._folder), "-e", str(errors),
                   "-c", str(config)))
        wait_for(lambda: accepts(self.port), 10, "nginx")
        return self

    @property
    def process_id(self) -> int:
        assert self._process
        return self._process.pid

    def requests(self) -> int:
        """How many an upstream has had, without these."""
        self._asked += 1
        with contextlib.closing(
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", "/status")
            return int(connection.getresponse().read().splitlines()[2].split()[2]) - self._asked

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


def make_upstream(folder: pathlib.Path) -> Nginx:
    return Nginx(folder / "upstream", LOAD_CORE, UPSTREAM,
                 models=json.dumps(MODELS), answer=chat_answer())


def make_proxy(folder: pathlib.Path, upstream_port: int, buffering: bool = True) -> Nginx:
    return Nginx(folder / "proxy", CONTENDER_CORE, PROXY, upstream_port=upstream_port,
                 buffering="on" if buffering else "off")
