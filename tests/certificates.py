# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests and benchmarks, by the openssl command."""
from __future__ import annotations

import pathlib
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
