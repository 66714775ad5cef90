# SPDX-License-Identifier: Apache-2.0
"""A provider that keeps what it is given: files, uploads, batches, fine-tuning jobs, responses …

It is one account for everybody, as a provider's is: whoever has the credential sees everything.
Work goes on until a test ends it with `finish()`.
"""
from __future__ import annotations

import io
import itertools
import json
import re
import threading
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local_servers import LocalHttp, QuietHandler
from upstreams import CREDENTIAL

CHAT_USAGE = {"prompt_tokens": 20, "completion_tokens": 30, "total_tokens": 50}
RESPONSE_USAGE = {"input_tokens": 20, "input_tokens_details": {"cached_tokens": 0},
                  "output_tokens": 30, "output_tokens_details": {"reasoning_tokens": 0},
                  "total_tokens": 50}
PAGE = 3  # however many are asked for: lists must be followed


class ObjectUpstream(LocalHttp):
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.numbers = itertools.count(1)
        self.objects: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.items: dict[str, str] = {}  # of responses: what each says
        self.gone: set[str] = set()
        self.answers = threading.Event()  # to requests for responses
        self.answers.set()
        self.refuses_uploads = False  # before it has read them
        self.breaks = ""  # "before" or "after" it has begun work: says nothing
        self.models = ["gpt-4.1-mini", "gpt-4.1", "unheard-of"]
        self.receiving = 0  # bytes of the body that comes in

        super().__init__(_Handler)

    def add(self, prefix: str, kind: str, **fields: Any) -> dict[str, Any]:
        with self.lock:
            number = next(self.numbers)
            made = {"id": f"{prefix}{number:08d}", "object": kind, "created_at": number, **fields}
            self.objects[made["id"]] = made
            return made

    def add_file(self, content: bytes, purpose: str, filename: str) -> dict[str, Any]:
        made = self.add("file-", "file", purpose=purpose, filename=filename, bytes=len(content),
                        status="processed")
        self.contents[made["id"]] = content
        return made

    def make_items(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """The output of a response: it repeats what the items say that the request refers to."""
        texts = [self.items[item["id"]] for item in asked["input"]
                 if item["id"] in self.items] if isinstance(asked["input"], list) and all(
                     "id" in item for item in asked["input"]) else []
        with self.lock:
            number = next(self.numbers)
            said = {"id": f"msg_{number:08d}", "type": "message", "role": "assistant",
                    "status": "completed", "content": [
                        {"type": "output_text", "annotations": [],
                         "text": " ".join(texts) or f"secret {number}"}]}
            self.items[said["id"]] = said["content"][0]["text"]
            if not asked.get("tools"):
                return [said]
            ran = {"id": f"ci_{number:08d}", "type": "code_interpreter_call", "code": "1",
                   "status": "completed", "outputs": None, "container_id": f"cntr_{number:08d}"}
            self.items[ran["id"]] = "what the code printed"
            return [ran, said]

    def asked(self, method: str, path: str) -> int:
        with self.lock:
            return self.requests.count((method, path))

    def finish(self, identifier: str, status: str = "completed", **fields: Any) -> None:
        with self.lock:
            work = self.objects[identifier]
            if work["object"] == "batch" and status == "completed":
                self._answer_lines(work)
            if work["object"] == "response" and status == "completed":
                work["usage"] = RESPONSE_USAGE
                work["output"] = self.make_items({"input": ""})
            work.update(status=status, **fields)

    def _answer_lines(self, batch: dict[str, Any]) -> None:
        lines = []
        for text in self.contents[batch["input_file_id"]].decode().splitlines():
            line = json.loads(text)
            body = {"id": "chatcmpl-x", "object": "chat.completion", "created": 1,
                    "model": line["body"]["model"], "usage": CHAT_USAGE,
                    "choices": [{"index": 0, "finish_reason": "stop",
                                 "message": {"role": "assistant", "content": "done"}}]}
            lines.append(json.dumps({"custom_id": line["custom_id"], "error": None,
                                     "response": {"status_code": 200, "body": body}}))
        output = self.add_file("\n".join(lines).encode(), "batch_output", "output.jsonl")
        batch["output_file_id"] = output["id"]


class _Handler(QuietHandler):
    owner: ObjectUpstream

    def _serve(self) -> None:
        split = urlsplit(self.path)
        if self.owner.refuses_uploads and split.path == "/v1/files":
            self.close_connection = True
            return self._json(413, {"error": {"message": "Too much for me.", "code": None,
                                              "type": "invalid_request_error", "param": None}})
        body = self._receive(int(self.headers.get("Content-Length") or 0))
        with self.owner.lock:
            self.owner.requests.append((self.command, split.path))
        if self.headers.get("Authorization") != f"Bearer {CREDENTIAL}":
            return self._json(401, {"error": {"message": "Who?", "type": "x", "code": None}})
        if (self.command, split.path) == ("POST", "/v1/responses"):
            self.owner.answers.wait(20)
        begins = self.command == "POST" and split.path in {
            "/v1/batches", "/v1/responses", "/v1/fine_tuning/jobs"}
        if begins and self.owner.breaks:
            self.close_connection = True
            if self.owner.breaks == "before":
                return None
            self.wfile = io.BytesIO()
        for method, pattern, act in ROUTES:
            found = re.fullmatch(pattern, split.path)
            if method == self.command and found:
                with self.owner.lock:
                    return act(self, body, parse_qs(split.query), *found.groups())
        self._json(404, {"error": {"message": f"No route {self.command} {self.path}",
                                   "type": "invalid_request_error", "code": None}})

    def _receive(self, size: int) -> bytes:
        body = bytearray()
        while len(body) < size:
            body += self.rfile.read1(min(1 << 16, size - len(body)))
            self.owner.receiving = len(body)
        return bytes(body)

    do_GET = do_POST = do_DELETE = _serve

    def _json(self, status: int, body: Any) -> None:
        self._bytes(status, "application/json", json.dumps(body).encode())

    def _bytes(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _models(self, _body: bytes, _query: Any) -> None:
        self._json(200, {"object": "list", "data": [
            {"id": name, "object": "model", "created": 1, "owned_by": "upstream"}
            for name in self.owner.models]})

    def _form(self, body: bytes) -> dict[str, tuple[str, bytes]]:
        boundary = self.headers["Content-Type"].split("boundary=")[1].strip('"').encode()
        fields = {}
        for part in body.split(b"--" + boundary)[1:-1]:
            head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
            name = re.search(rb'name="([^"]*)"', head)
            filename = re.search(rb'filename="([^"]*)"', head)
            assert name
            fields[name[1].decode()] = (filename[1].decode() if filename else "", content)
        return fields

    def _add_file(self, body: bytes, _query: Any) -> None:
        form = self._form(body)
        filename, content = form["file"]
        self._json(200, self.owner.add_file(content, form["purpose"][1].decode(), filename))

    def _content(self, _body: bytes, _query: Any, identifier: str) -> None:
        if identifier not in self.owner.contents:
            return self._missing(identifier)
        self._bytes(200, "application/octet-stream", self.owner.contents[identifier])

    def _missing(self, identifier: str) -> None:
        self._json(404, {"error": {"message": f"No such object: {identifier}",
                                   "type": "invalid_request_error", "param": "id", "code": None}})

    def _read(self, _body: bytes, query: Any, identifier: str) -> None:
        found = self.owner.objects.get(identifier)
        if found is None or identifier in self.owner.gone:
            return self._missing(identifier)
        if query.get("stream") == ["true"]:
            return self._stream(found)
        self._json(200, found)

    def _remove(self, _body: bytes, _query: Any, identifier: str) -> None:
        if self.owner.objects.pop(identifier, None) is None:
            return self._missing(identifier)
        self._json(200, {"id": identifier, "object": "deleted", "deleted": True})

    def _list(self, kind: str, query: dict[str, list[str]]) -> None:
        all_of_kind = [one for one in self.owner.objects.values() if one["object"] == kind]
        all_of_kind.sort(key=lambda one: -one["created_at"])
        after = query.get("after", [""])[0]
        if after:
            place = next(i for i, one in enumerate(all_of_kind) if one["id"] == after)
            all_of_kind = all_of_kind[place + 1:]
        self._json(200, {"object": "list", "data": all_of_kind[:PAGE],
                         "has_more": len(all_of_kind) > PAGE})

    def _list_files(self, _body: bytes, query: dict[str, list[str]]) -> None:
        self._list("file", query)

    def _list_batches(self, _body: bytes, query: dict[str, list[str]]) -> None:
        self._list("batch", query)

    def _add_batch(self, body: bytes, _query: Any) -> None:
        asked = json.loads(body)
        if asked.get("metadata", {}).get("fail"):
            return self._json(400, {"error": {"message": "No.", "type": "invalid_request_error",
                                              "param": None, "code": None}})
        self._json(200, self.owner.add("batch_", "batch", **asked, status="validating",
                                        created_at=int(time.time())))

    def _cancel(self, _body: bytes, _query: Any, identifier: str) -> None:
        self.owner.finish(identifier, "cancelled")
        self._json(200, self.owner.objects[identifier])

    def _list_jobs(self, _body: bytes, query: dict[str, list[str]]) -> None:
        self._list("fine_tuning.job", query)

    def _add_job(self, body: bytes, _query: Any) -> None:
        asked = json.loads(body)
        self._json(200, self.owner.add(
            "ftjob-", "fine_tuning.job", **asked, status="validating_files",
            created_at=int(time.time()), error=None, finished_at=None, fine_tuned_model=None,
            trained_tokens=None, result_files=[], organization_id="org-upstream"))

    def _change_job(self, _body: bytes, _query: Any, identifier: str, act: str) -> None:
        status = {"cancel": "cancelled", "pause": "paused", "resume": "running"}[act]
        self.owner.finish(identifier, status)
        self._json(200, self.owner.objects[identifier])

    def _respond(self, body: bytes, _query: Any) -> None:
        asked = json.loads(body)
        background = bool(asked.get("background"))
        made = self.owner.add(
            "resp_", "response", model=asked["model"], background=background,
            output=[] if background else self.owner.make_items(asked),
            previous_response_id=asked.get("previous_response_id"),
            status="queued" if background else "completed",
            usage=None if background else RESPONSE_USAGE)
        if asked.get("stream"):
            return self._stream(made)
        self._json(200, made)

    def _stream(self, response: dict[str, Any]) -> None:
        begun = {**response, "output": [], "usage": None}
        self._bytes(200, "text/event-stream", b"".join(
            f"event: {kind}\ndata: {json.dumps({'type': kind, 'response': body})}\n\n".encode()
            for kind, body in (("response.created", begun), ("response.completed", response))))

    def _chat(self, body: bytes, _query: Any) -> None:
        asked = json.loads(body)
        made = self.owner.add(
            "chatcmpl-", "chat.completion", model=asked["model"], usage=CHAT_USAGE, choices=[
                {"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "hello"}}])
        self._json(200, made)

    def _change(self, body: bytes, _query: Any, identifier: str) -> None:
        self.owner.objects[identifier].update(json.loads(body))
        self._json(200, self.owner.objects[identifier])

    def _converse(self, body: bytes, _query: Any) -> None:
        self._json(200, self.owner.add("conv_", "conversation", **json.loads(body or b"{}")))

    def _items(self, _body: bytes, _query: Any, identifier: str) -> None:
        self._json(200, {"object": "list", "data": [], "has_more": False,
                         "conversation": identifier})

    def _upload(self, body: bytes, _query: Any) -> None:
        made = self.owner.add("upload_", "upload", **json.loads(body), status="pending")
        self.owner.contents[made["id"]] = b""
        self._json(200, made)

    def _add_part(self, body: bytes, _query: Any, identifier: str) -> None:
        self.owner.contents[identifier] += self._form(body)["data"][1]
        self._json(200, {"id": "part_1", "object": "upload.part", "upload_id": identifier})

    def _complete(self, _body: bytes, _query: Any, identifier: str) -> None:
        upload = self.owner.objects[identifier]
        made = self.owner.add_file(self.owner.contents[identifier], upload["purpose"],
                                      upload["filename"])
        upload.update(status="completed", file=made)
        self._json(200, upload)

    def _video(self, body: bytes, _query: Any) -> None:
        if json.loads(body).get("fail"):
            return self._json(400, {"error": {"message": "No.", "type": "invalid_request_error",
                                              "param": None, "code": None}})
        self._json(200, self.owner.add("video_", "video", **json.loads(body)))

    def _store(self, body: bytes, _query: Any) -> None:
        self._json(200, self.owner.add("vs_", "vector_store", **json.loads(body)))

    def _count(self, _body: bytes, _query: Any) -> None:
        self._json(200, {"object": "response.input_tokens", "input_tokens": 11})


ID = "([^/]+)"
ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/v1/models", _Handler._models),
    ("POST", "/v1/files", _Handler._add_file),
    ("GET", "/v1/files", _Handler._list_files),
    ("GET", f"/v1/files/{ID}/content", _Handler._content),
    ("GET", f"/v1/(?:files|batches|responses|conversations|chat/completions|videos|vector_stores"
            f"|fine_tuning/jobs)/{ID}", _Handler._read),
    ("DELETE", f"/v1/(?:files|responses|conversations|chat/completions)/{ID}", _Handler._remove),
    ("POST", "/v1/batches", _Handler._add_batch),
    ("GET", "/v1/batches", _Handler._list_batches),
    ("POST", f"/v1/(?:batches|responses)/{ID}/cancel", _Handler._cancel),
    ("POST", "/v1/fine_tuning/jobs", _Handler._add_job),
    ("GET", "/v1/fine_tuning/jobs", _Handler._list_jobs),
    ("POST", f"/v1/fine_tuning/jobs/{ID}/(cancel|pause|resume)", _Handler._change_job),
    ("POST", "/v1/responses", _Handler._respond),
    ("POST", "/v1/responses/input_tokens", _Handler._count),
    ("POST", "/v1/chat/completions", _Handler._chat),
    ("POST", f"/v1/(?:chat/completions|conversations)/{ID}", _Handler._change),
    ("POST", "/v1/conversations", _Handler._converse),
    ("GET", f"/v1/conversations/{ID}/items", _Handler._items),
    ("POST", "/v1/videos", _Handler._video),
    ("POST", "/v1/vector_stores", _Handler._store),
    ("POST", "/v1/uploads", _Handler._upload),
    ("POST", f"/v1/uploads/{ID}/parts", _Handler._add_part),
    ("POST", f"/v1/uploads/{ID}/complete", _Handler._complete),
]
