# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests and benchmarks, by the openssl command."""
from __future__ import annotations

import datetime
import pathlib
import ssl
import subprocess

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_certificate(folder: pathlib.Path, names: str, stem: str = "certificate"
                     ) -> tuple[pathlib.Path, pathlib.Path]:
    """One that signs itself, for names as "IP:127.0.0.1,DNS:localhost"; and its key."""
    certificate, key = folder / f"{stem}.pem", folder / f"{stem}-key.pem"
    openssl("req", "-x509", *NEW_KEY, "-days", 2, "-subj", f"/CN={stem}",
            "-addext", f"subjectAltName={names}", "-keyout", key, "-out", certificate)
    return certificate, key


class Signer:
    """A certificate authority, root or intermediate, and what it has signed."""

    def __init__(self, folder: pathlib.Path, name: str, issuer: Signer | None = None) -> None:
        self.folder, self.name, self.issuer = folder, name, issuer
        self.certificate, self.key = folder / f"{name}.pem", folder / f"{name}-key.pem"
        extensions = ("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                      "subjectKeyIdentifier=hash\n")
        if issuer is None:
            config = folder / f"{name}.conf"
            config.write_text(f"[req]\ndistinguished_name=n\n[n]\n[e]\n{extensions}")
            openssl("req", "-x509", *NEW_KEY, "-days", 30, "-subj", f"/CN={name}",
                    "-config", config, "-extensions", "e", "-keyout", self.key,
                    "-out", self.certificate)
        else:
            issuer.sign(name, extensions)

    @property
    def pem(self) -> str:
        return self.certificate.read_text()

    def sign(self, name: str, extensions: str, *options: object) -> pathlib.Path:
        request, file = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        file.write_text(extensions)
        openssl("req", "-new", *NEW_KEY, "-subj", f"/CN={name}",
                "-keyout", self.folder / f"{name}-key.pem", "-out", request)
        certificate = self.folder / f"{name}.pem"
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-extfile", file, "-out", certificate,
                *(options or ("-days", 2)))
        return certificate

    def client(self, name: str, use: str = "extendedKeyUsage=clientAuth\n", days: int = 2,
               sends: bool = True) -> Client:
        """Whoever is signed by it; without `sends` it presents no intermediates."""
        self.sign(name, use, "-days", days)
        return Client(self.folder, name, self._above() if sends else "")

    def brief_client(self, name: str, seconds: int) -> Client:
        """One whose certificate ends in so many seconds, which only `openssl ca` can make."""
        config = self.folder / f"{name}.conf"
        (self.folder / f"{name}.index").touch()
        config.write_text(
            f"[ca]\ndefault_ca=c\n[c]\ndatabase={self.folder}/{name}.index\nrand_serial=yes\n"
            f"new_certs_dir={self.folder}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
            "[e]\nextendedKeyUsage=clientAuth\n")
        request, certificate = self.folder / f"{name}.csr", self.folder / f"{name}.pem"
        openssl("req", "-new", *NEW_KEY, "-subj", f"/CN={name}",
                "-keyout", self.folder / f"{name}-key.pem", "-out", request)
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
        openssl("ca", "-batch", "-notext", "-config", config, "-extensions", "e", "-in", request,
                "-cert", self.certificate, "-keyfile", self.key, "-out", certificate,
                "-startdate", "20260101000000Z", "-enddate", f"{end:%Y%m%d%H%M%SZ}")
        return Client(self.folder, name, self._above())

    def _above(self) -> str:
        return "" if self.issuer is None else self.pem + self.issuer._above()


class Client:
    """A certificate of a client's, with what stands between it and its root; and its key."""

    def __init__(self, folder: pathlib.Path, name: str, above: str = "") -> None:
        self.pem = (folder / f"{name}.pem").read_text()
        self.chain, self.key = folder / f"{name}-chain.pem", folder / f"{name}-key.pem"
        self.chain.write_text(self.pem + above)

    def context(self, server: pathlib.Path, version: ssl.TLSVersion | None = None
                ) -> ssl.SSLContext:
        """For httpx, http.client and the like; trusts `server`."""
        context = ssl.create_default_context(cafile=str(server))
        context.load_cert_chain(self.chain, self.key)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context
