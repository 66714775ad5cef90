# SPDX-License-Identifier: Apache-2.0
"""What tests of workload identity share: a certified issuer, one that misbehaves, and a server that
trusts them.
"""
from __future__ import annotations

import contextlib
import json
import pathlib
import ssl
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import openai

import certificates
from jwts import Signer, claims_of
from local_servers import QuietHandler
from tollgate import NODE, ROOT, Answer, Tollgate, new_folder, secret
from upstreams import CREDENTIAL, Upstream

AUDIENCE = "https://tollgate.example.com"
CLUSTER = "https://cluster.example.com"
GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT = "urn:ietf:params:oauth:token-type:jwt"
SECRET = "workload-secret-of-the-test"


class Issuer:
    """The certified one, in a Node of its own; away when it is stopped, there again on its port."""

    def __init__(self, folder: pathlib.Path, certificate: pathlib.Path, key: pathlib.Path):
        self.folder, self.certificate, self.key = folder, certificate, key
        self.context = ssl.create_default_context(cafile=str(certificate))
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        self.url = self.key_id = ""

    def make_key(self, key_id: str) -> pathlib.Path:
        file = self.folder / f"issuer-{key_id}.json"
        if file.exists():
            return file
        script = ("const {privateKey} = require('crypto').generateKeyPairSync('rsa', "
                  "{modulusLength: 2048}); console.log(JSON.stringify({keys: [{"
                  "...privateKey.export({format: 'jwk'}), use: 'sig', alg: 'RS256', "
                  f"kid: '{key_id}'}}]}}))")
        file.write_text(subprocess.run([NODE, "-e", script], check=True, capture_output=True,
                                       text=True).stdout)
        return file

    def start(self, key_id: str) -> Issuer:
        self.key_id = key_id
        self.process = subprocess.Popen(
            [NODE, ROOT / "tests/programs/issuer.mjs", self.certificate, self.key,
             self.make_key(key_id), str(self.port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=(self.folder / f"issuer-{key_id}.log").open("w"))
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()
        assert self.url, "the issuer does not start"
        self.port = int(self.url.rpartition(":")[2])
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def token(self, client: str = "cart", audience: str = AUDIENCE) -> str:
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "call",
                                       "client_id": client, "client_secret": SECRET,
                                       "resource": audience})
        with urllib.request.urlopen(f"{self.url}/token", form.encode(), timeout=10,
                                    context=self.context) as answer:
            return secret(json.load(answer)["access_token"])


class World:
    """A server that trusts the issuer's certificate, with a project and a service account."""

    def __init__(self, server: Tollgate, issuer: Issuer):
        self.server, self.issuer = server, issuer
        self.admin_key = server.create_key("admin", "admin")["key"]
        self.organization = openai.OpenAI(admin_api_key=self.admin_key, base_url=server.url,
                                          max_retries=0, timeout=20).admin.organization
        self.project = self.organization.projects.create(name="shop").id
        self.account = self.new_account("cart")

    @property
    def providers(self) -> Any:
        return self.organization.workload_identity_providers

    def new_account(self, name: str) -> str:
        return self.organization.projects.service_accounts.create(
            self.project, name=name, create_service_account_only=True).id

    def trust(self, name: str = "ci", issuer: str = "", audience: str = AUDIENCE,
              **more: Any) -> str:
        return self.providers.create(name=name, type="oidc", issuer=issuer or self.issuer.url,
                                     audience=audience, **more).id

    def allow(self, provider: str, matchers: dict[str, Any] | None = None, account: str = "",
              **more: Any) -> str:
        return self.providers.federation_rules.create(
            provider, project_id=self.project, service_account_id=account or self.account,
            attribute_matchers=matchers or {"repository": "acme/cart"}, **more).id

    def trust_cart(self) -> str:
        """A provider with a rule for the pipeline of one repository."""
        provider = self.trust("trusted")
        self.allow(provider, {"repository": "acme/cart", "run": 7}, name="the cart's pipeline")
        return provider

    def exchange(self, provider: str, token: str, account: str = "", **more: Any) -> Answer:
        body = {"grant_type": GRANT, "subject_token": token, "subject_token_type": JWT,
                "identity_provider_id": provider, "service_account_id": account or self.account,
                **more}
        answer = self.server.post("/oauth/token", body, None)
        if answer.status == 200:
            secret(answer.json["access_token"])
        return answer

    def access(self, provider: str, token: str, account: str = "") -> str:
        answer = self.exchange(provider, token, account)
        assert answer.status == 200, answer
        return answer.json["access_token"]

    def refused(self, provider: str, token: str, status: int = 400,
                error: str = "invalid_subject_token", **more: Any) -> str:
        answer = self.exchange(provider, token, **more)
        assert (answer.status, answer.json["error"]) == (status, error), answer
        return answer.json["error_description"]


@contextlib.contextmanager
def running_world(name: str, upstream: Upstream) -> Iterator[World]:
    folder = new_folder("issuer")
    certificate, key = certificates.make_certificate(folder, "IP:127.0.0.1", "issuer")
    issuer = Issuer(folder, certificate, key).start("first")
    try:
        with Tollgate(name, flags=("--upstream-ca-file", str(certificate))) as server:
            server.init().start()
            server.add_provider("upstream", upstream.url, CREDENTIAL)
            yield World(server, issuer)
    finally:
        issuer.stop()


def trust_uploaded(world: World, signer: Signer) -> str:
    """A provider whose key set was uploaded, with a rule: its issuer is never asked."""
    provider = world.trust("uploaded", CLUSTER,
                           verification={"type": "uploaded_jwks", "jwks": signer.jwks})
    world.allow(provider, {"sub": "workload"})
    return provider


def ours(signer: Signer, lifetime: float = 600, audience: Any = AUDIENCE, **more: Any) -> str:
    return secret(signer.sign(claims_of(CLUSTER, audience, lifetime, **more)))


class BadIssuer(ThreadingHTTPServer):
    """Answers over TLS with whatever it is told to."""

    daemon_threads = True

    def __init__(self, issuer: Issuer):
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issuer.certificate, issuer.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server_port}"
        self.release = threading.Event()
        self.asked: list[str] = []
        self.keys: bytes = b"{}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients go away in the middle: that is what is tested."""


class Handler(QuietHandler):
    server: BadIssuer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        kind = self.path.split("/")[1]
        if kind == "slow":
            self.server.release.wait(30)
        if kind == "redirects":
            self.send_response(302)
            self.send_header("Location",
                             f"{self.server.url}/honest/.well-known/openid-configuration")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path.endswith("/keys"):
            body = self.server.keys
        else:
            named = "honest" if kind == "lies" else kind
            body = json.dumps({"issuer": f"{self.server.url}/{named}", "jwks_uri":
                               f"http://127.0.0.1:1/keys" if kind == "plain" else
                               f"{self.server.url}/{kind}/keys"}).encode()
        self.send_response(500 if kind == "broken" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
