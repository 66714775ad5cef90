# SPDX-License-Identifier: Apache-2.0
"""Whether a body is what OpenAI's description says: a real validator (PyPI jsonschema, the Draft
2020-12 that OpenAPI 3.1 is made of), and stricter than the description: no field that neither it
nor beyond.yaml has.
"""
from __future__ import annotations

import functools
import pathlib
from typing import Any

import jsonschema
import yaml
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from conformance.operations import Operation

HERE = pathlib.Path(__file__).resolve().parent
_ROOT = "urn:tollgate:admin"
Schema = dict[str, Any]


def _load(name: str) -> Any:
    return yaml.load((HERE / name).read_text(encoding="utf-8"), yaml.CSafeLoader)


def _is_open(schema: Schema) -> bool:
    """An object of which the description says nothing may hold anything."""
    says = {"properties", "$ref", "allOf", "anyOf", "oneOf", "additionalProperties"}
    return schema.get("type") == "object" and says.isdisjoint(schema)


def closed(schema: Schema) -> Schema:
    """`schema` where a value stands: of an object, only what some part of it knows is allowed.

    The keyword stands beside allOf, anyOf and $ref and sees through them, so it goes where values
    are (a body, a property, an item), never into the parts that make up a schema.
    """
    inner = opened(schema)
    return inner if _is_open(schema) else {**inner, "unevaluatedProperties": False}


def opened(schema: Schema) -> Schema:
    """`schema` as a part of another, with what is inside of it closed."""
    result = dict(schema)
    for name in ("allOf", "anyOf", "oneOf"):
        if name in schema:
            result[name] = [opened(part) for part in schema[name]]
    if "properties" in schema:
        result["properties"] = {name: closed(part) for name, part in schema["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            result[name] = closed(schema[name])
    if result.pop("nullable", False):
        return {"anyOf": [result, {"type": "null"}]}
    return result


class Description:
    """What each operation takes and answers."""

    def __init__(self) -> None:
        self.document = _load("admin-openapi.yaml")
        self.beyond = _load("beyond.yaml")
        self.schemas: dict[str, Schema] = {**self.document["components"]["schemas"],
                                           **self.beyond["schemas"]}
        for fields in (self.beyond["fields"], self.beyond["extensions"]):
            for name, properties in fields.items():
                schema = self.schemas[name]
                schema["properties"] = {**schema["properties"], **properties}
        self._extend_audit_log(self.beyond["own_events"])
        components = {name: opened(schema) for name, schema in self.schemas.items()}
        root = {"$id": _ROOT, "components": {"schemas": components}}
        resource = Resource.from_contents(root, default_specification=DRAFT202012)
        self.registry: Registry[Any] = Registry().with_resource(_ROOT, resource)

    def _extend_audit_log(self, own_events: str) -> None:
        log, types = self.schemas["AuditLog"], self.schemas["AuditLogEventType"]
        own: Schema = {"type": "string", "pattern": own_events}
        self.schemas["AuditLogEventType"] = {"anyOf": [types, own]}
        log["patternProperties"] = {own_events: {"type": "object"}}
        payloads = [schema for name, schema in log["properties"].items() if "." in name]
        for payload in payloads:
            parts = payload.get("properties", {}).values()
            for schema in (payload, *(part for part in parts if part.get("type") == "object")):
                schema["additionalProperties"] = True

    def response(self, operation: Operation) -> Schema:
        """The schema of a success."""
        if operation.source == "sdk":
            return self._beyond(operation, "response")
        answers = self._described(operation)["responses"]
        return answers["200"]["content"]["application/json"]["schema"]

    def request(self, operation: Operation) -> Schema:
        """The resolved schema of the body; one without properties where none is taken."""
        if operation.source == "sdk":
            row = self.beyond["operations"][f"{operation.method} {operation.described}"]
            return self.resolve(self._beyond(operation, "request")) if "request" in row else {}
        body = self._described(operation).get("requestBody")
        return self.resolve(body["content"]["application/json"]["schema"]) if body else {}

    def query_parameters(self, operation: Operation) -> dict[str, Schema]:
        if operation.source == "sdk":
            return {"limit": {}, "after": {}} if operation.name.endswith(".list") else {}
        return {parameter["name"]: parameter["schema"]
                for parameter in self._described(operation).get("parameters", [])
                if parameter["in"] == "query"}

    def resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def faults(self, operation: Operation | None, status: int, body: Any) -> list[str]:
        """What is wrong with an answer, as texts; none if it conforms."""
        success = operation is not None and status < 300
        validator = self._validator(operation) if success else self._error_validator
        return [f"{error.json_path}: {error.message[:300]}"
                for error in validator.iter_errors(body)]

    def _described(self, operation: Operation) -> Any:
        return self.document["paths"][operation.described][operation.method.lower()]

    def _beyond(self, operation: Operation, part: str) -> Schema:
        name = self.beyond["operations"][f"{operation.method} {operation.described}"][part]
        return {"$ref": f"#/components/schemas/{name}"}

    @functools.cache
    def _validator(self, operation: Operation) -> jsonschema.Draft202012Validator:
        return self._make(self.response(operation))

    @functools.cached_property
    def _error_validator(self) -> jsonschema.Draft202012Validator:
        return self._make({"$ref": "#/components/schemas/ErrorResponse"})

    def _make(self, schema: Schema) -> jsonschema.Draft202012Validator:
        return jsonschema.Draft202012Validator(_absolute(closed(schema)), registry=self.registry)


def _absolute(value: Any) -> Any:
    """References of a schema that stands outside of the document."""
    if isinstance(value, list):
        return [_absolute(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _ROOT + item if name == "$ref" else _absolute(item)
            for name, item in value.items()}
