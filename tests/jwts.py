# SPDX-License-Identifier: Apache-2.0
"""Tokens signed by keys of our own, by the openssl command: what no certified issuer would make."""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import time
from typing import Any


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value: Any) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())


class Signer:
    """An RSA key pair as an issuer has it."""

    def __init__(self, folder: pathlib.Path, key_id: str = "key-1"):
        self.key_id = key_id
        self.file = folder / f"signer-{key_id}.pem"
        self._openssl("genrsa", "-out", str(self.file), "2048")
        modulus = self._openssl("rsa", "-in", str(self.file), "-noout", "-modulus")
        self.modulus = bytes.fromhex(modulus.decode().strip().partition("=")[2])
        self.public_pem = self._openssl("rsa", "-in", str(self.file), "-pubout")

    @staticmethod
    def _openssl(*arguments: str, data: bytes = b"") -> bytes:
        return subprocess.run(["openssl", *arguments], input=data, check=True,
                              capture_output=True).stdout

    @property
    def jwk(self) -> dict[str, str]:
        return {"kty": "RSA", "kid": self.key_id, "use": "sig", "alg": "RS256",
                "n": base64url(self.modulus), "e": "AQAB"}

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.jwk]}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        fields = {"alg": "RS256", "kid": self.key_id, "typ": "JWT", **header}
        head = f"{part(fields)}.{part(claims)}"
        signature = self._openssl("dgst", "-sha256", "-sign", str(self.file), data=head.encode())
        return f"{head}.{base64url(signature)}"

    def sign_by_hmac(self, claims: dict[str, Any]) -> str:
        """With what everybody has, the public key, as the secret of an HMAC."""
        head = f"{part({'alg': 'HS256', 'kid': self.key_id, 'typ': 'JWT'})}.{part(claims)}"
        mac = hmac.new(self.public_pem, head.encode(), hashlib.sha256).digest()
        return f"{head}.{base64url(mac)}"


def claims_of(issuer: str, audience: Any, lifetime: float = 600, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": issuer, "aud": audience, "sub": "workload", "iat": now, "exp": now + lifetime,
            **more}
