# SPDX-License-Identifier: Apache-2.0
"""Whether what /v1/tollgate/** answers, and takes, is what its OpenAPI document says (openapi/):
every answer that any test sees comes by here, and one that the document does not have fails that
test.

The document leaves answers open for fields of later versions; here a field that it does not name is
a fault, so that nothing is answered undescribed.
"""
from __future__ import annotations

import functools
import importlib.util
import json
import pathlib
import re
import urllib.parse
from dataclasses import dataclass
from typing import Any

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from conformance.schemas import closed, opened

ROOT = pathlib.Path(__file__).resolve().parent.parent
PREFIX = "/v1"
OWN = "/v1/tollgate/"
# The document as it is, for what is sent; closed, for what is answered.
_OPEN, _CLOSED = "urn:tollgate:open", "urn:tollgate:closed"
METHODS = ("get", "post", "delete")
# How people get in: the console's own, and in no document.
ENTRY = re.compile(r"/v1/tollgate/(setup|session|sign_up(/(check|finish))?|"
                   r"invitation/(check|accept)|password/(forgot|check|reset))")
# Of what is no good request, whatever it asks for.
TRANSPORT = {405, 408, 413, 417, 431, 501, 505}

Schema = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    method: str
    target: str  # path and query
    request_body: bytes
    status: int
    headers: dict[str, str]  # by lower-case names
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


def load_document() -> dict[str, Any]:
    """As the build puts it together."""
    spec = importlib.util.spec_from_file_location("openapi_parts", ROOT / "scripts/openapi.py")
    assert spec and spec.loader
    parts = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(parts)
    return parts.put_together(ROOT / "openapi")


class Document:
    def __init__(self, document: dict[str, Any] | None = None) -> None:
        self.document = document or load_document()
        self.components = self.document["components"]
        schemas = self.components["schemas"]
        inside = {name: opened(schema) for name, schema in schemas.items()}
        self.registry: Registry[Any] = Registry().with_resources(
            (urn, Resource.from_contents({"$id": urn, "components": {"schemas": of}},
                                         default_specification=DRAFT202012))
            for urn, of in ((_OPEN, schemas), (_CLOSED, inside)))
        self.paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", PREFIX + path)), item)
                      for path, item in self.document["paths"].items()]

    @property
    def operations(self) -> dict[str, dict[str, Any]]:
        """By their operationId."""
        return {item[method]["operationId"]: item[method]
                for item in self.document["paths"].values() for method in METHODS
                if method in item}

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """With the parameters of its path among its own."""
        item = next((item for pattern, item in self.paths if pattern.fullmatch(path)), None)
        if item is None or method.lower() not in item:
            return None
        operation = item[method.lower()]
        parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
        return {**operation, "parameters": [self.resolve(each) for each in parameters]}

    def resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in value:
            return value
        kind, name = value["$ref"].split("/")[-2:]
        return self.resolve(self.components[kind][name])

    def faults(self, seen: Exchange) -> list[str]:
        """What is wrong, as texts; none if the document says all of it."""
        operation = self.operation(seen.method, seen.path)
        if operation is None:
            if seen.status < 400:
                return [] if ENTRY.fullmatch(seen.path) else ["the document lacks this operation"]
            return self.faults_of_error(seen)
        if seen.status in TRANSPORT:
            return self.faults_of_error(seen)
        responses = operation["responses"]
        response = responses.get(str(seen.status), responses.get(f"{seen.status // 100}XX"))
        if response is None:
            return [f"{operation['operationId']} has no status {seen.status} in the document"]
        faults = self.faults_of_response(self.resolve(response), seen)
        if seen.status < 300:
            faults += self.faults_of_request(operation, seen)
        return faults

    def faults_of_error(self, seen: Exchange) -> list[str]:
        return self.faults_of_body({"$ref": "#/components/schemas/ErrorResponse"}, seen)

    def faults_of_response(self, response: dict[str, Any], seen: Exchange) -> list[str]:
        said = {name.lower() for name in response.get("headers", {})}
        faults = [f"the header {name} is {'missing' if name in said else 'not in the document'}"
                  for name in ("etag", "set-cookie")
                  if seen.status < 300 and (name in said) != (name in seen.headers)]
        if "content" not in response:
            return faults + (["there is a body"] if seen.body else [])
        return faults + self.faults_of_body(response["content"]["application/json"]["schema"], seen)

    def faults_of_body(self, schema: Schema, seen: Exchange) -> list[str]:
        if seen.headers.get("content-type") != "application/json":
            return [f"the Content-Type is {seen.headers.get('content-type')}"]
        return self.errors(schema, json.loads(seen.body), _CLOSED)

    def faults_of_request(self, operation: dict[str, Any], seen: Exchange) -> list[str]:
        """The server took it, so the document must."""
        faults = []
        known = {each["name"]: each["schema"] for each in operation["parameters"]
                 if each["in"] == "query"}
        for name, value in urllib.parse.parse_qsl(seen.target.partition("?")[2]):
            if name not in known:
                faults.append(f"the query takes {name}, which the document lacks")
            else:
                read: Any = value
                schema = self.resolve(known[name])
                kind = schema.get("type")
                kinds = {kind, *(each.get("type") for each in schema.get("oneOf", []))}
                if "integer" in kinds and value.lstrip("-").isdigit():
                    read = int(value)
                elif kind == "boolean":
                    read = {"true": True, "false": False}.get(value, value)
                elif kind == "array":
                    read = [value]  # each of a list is said by itself
                faults += [f"query {name}: {fault}"
                           for fault in self.errors(known[name], read, _OPEN)]
        if seen.request_body:
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", False)
            faults += [f"request {fault}"
                       for fault in self.errors(schema, json.loads(seen.request_body), _OPEN)]
        return faults

    def errors(self, schema: Schema | bool, value: Any, of: str) -> list[str]:
        return [f"{error.json_path}: {error.message[:300]}"
                for error in self.validator(json.dumps(schema), of).iter_errors(value)]

    @functools.cache
    def validator(self, schema: str, of: str) -> jsonschema.Draft202012Validator:
        read = json.loads(schema.replace('"#/components', f'"{of}#/components'))
        return jsonschema.Draft202012Validator(
            closed(read) if of == _CLOSED else read, registry=self.registry,
            format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


@functools.cache
def document() -> Document:
    return Document()


# What this run has seen: operationIds with their statuses.
SEEN: set[tuple[str, int]] = set()


def check(seen: Exchange) -> None:
    """Of an answer below /v1/tollgate/; all others have descriptions of their own."""
    if not seen.path.startswith(OWN) or seen.method == "HEAD":
        return
    if operation := document().operation(seen.method, seen.path):
        SEEN.add((operation["operationId"], seen.status))
    faults = document().faults(seen)
    assert not faults, (f"{seen.method} {seen.target}: {seen.status} is not what openapi/ says:\n"
                        + "\n".join(faults))
