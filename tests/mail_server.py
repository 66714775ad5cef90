# SPDX-License-Identifier: Apache-2.0
"""A real SMTP server (aiosmtpd) that keeps what it is sent: in memory only, since mails hold
one-time links, which no file of a test run may hold."""
from __future__ import annotations

import asyncio
import email
import email.message
import email.policy
import pathlib
import re
import ssl
import threading
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from certificates import make_certificate
from tollgate import secret, wait_for

USERNAME = "tollgate"
PASSWORD = secret("the mail server's password 5519")


class MailServer:
    def __init__(self, folder: pathlib.Path, starttls: bool = True, names: str = "IP:127.0.0.1",
                 authentication: bool = True, port: int = 0):
        self.mails: list[email.message.EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refuse_with: str | None = None
        self.over_tls: list[bool] = []
        self._changed = threading.Lock()
        options: dict[str, Any] = {}
        if starttls:
            self.certificate, key = make_certificate(folder, names, "mail")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, key)
            options = {"tls_context": context, "require_starttls": True}
        if authentication:
            options |= {"auth_required": True, "authenticator": self._authenticate,
                        "auth_require_tls": starttls}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        # On the loop's own thread, where a connection's object must be made.
        listening = asyncio.run_coroutine_threadsafe(self._listen(options, port), self._loop)
        server = listening.result(30)
        self.port = server.sockets[0].getsockname()[1]

    async def _listen(self, options: dict[str, Any], port: int) -> asyncio.Server:
        return await self._loop.create_server(lambda: SMTP(self, loop=self._loop, **options),
                                              "127.0.0.1", port)

    @staticmethod
    def _authenticate(_server: Any, _session: Session, _envelope: Envelope, mechanism: str,
                      data: Any) -> AuthResult:
        right = (isinstance(data, LoginPassword) and data.login == USERNAME.encode()
                 and data.password == PASSWORD.encode())
        return AuthResult(success=right)

    async def handle_DATA(self, _server: Any, session: Session, envelope: Envelope) -> str:
        if self.refuse_with:
            return self.refuse_with
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        for token in re.findall(r"#token=(\S+)", mail.get_content()):
            secret(token)  # also where no test reads the mail
        with self._changed:
            self.over_tls.append(session.ssl is not None)
            self.recipients.append(list(envelope.rcpt_tos))
            self.mails.append(mail)
        return "250 OK"

    def take(self, to: str, subject: str = "") -> email.message.EmailMessage:
        """The next mail to `to`, waited for."""
        def find() -> email.message.EmailMessage | None:
            with self._changed:
                for number, mail in enumerate(self.mails):
                    if self.recipients[number] == [to] and subject in mail["Subject"]:
                        del self.recipients[number]
                        return self.mails.pop(number)
            return None
        return wait_for(find, 15, f"a mail to {to}")

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


def link_in(mail: email.message.EmailMessage) -> str:
    found = re.search(r"https?://\S+#token=\S+", mail.get_content())
    assert found, mail.get_content()
    token_of(found[0])
    return found[0]


def token_of(link: str) -> str:
    return secret(link.split("#token=")[1])
