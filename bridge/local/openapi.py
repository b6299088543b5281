"""The local Pinghome's OpenAPI 3.1 document, made from the table of operations."""

from __future__ import annotations

import functools
from http import HTTPStatus
from typing import Any, Final

import msgspec

from bridge.pinghome.describe import parameters
from bridge.pinghome.endpoints import LOCAL_EXTRAS, OPERATIONS, SYSTEMS
from bridge.pinghome.operation import AnyOperation, Request

_REF: Final = "#/components/schemas/{name}"
_ERROR: Final = {
    "type": "object",
    "required": ["message", "errors"],
    "properties": {
        "message": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_ANSWER: Final = {
    "type": "object",
    "required": ["message"],
    "properties": {"message": {"type": "string"}, "data": {"type": ["object", "array"]}},
}
_REFUSALS: Final = {
    HTTPStatus.BAD_REQUEST: "The body is no JSON object.",
    HTTPStatus.UNAUTHORIZED: "No token, or one that is unknown or expired.",
    HTTPStatus.FORBIDDEN: "Not your team's.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This heartbeat does not take that method.",
    HTTPStatus.CONFLICT: "It exists already, or its state forbids it.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A field cannot be accepted; `errors` names it.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too often; `Retry-After` says when.",
}


@functools.cache
def document(version: str) -> bytes:
    """The document as JSON."""
    rows = (*OPERATIONS, *LOCAL_EXTRAS)
    models = [model for row in rows for model in (row.body, row.query) if _is_model(model)]
    schemas, components = msgspec.json.schema_components(models, ref_template=_REF)
    by_model = dict(zip(models, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        method = _operation(row, by_model, components)
        paths.setdefault(f"/{row.service}{row.path}", {})[row.method.lower()] = method
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Local Pinghome",
                "version": version,
                "description": "Every operation of the Pinghome API, answered by the bridge's own stand-in.",
            },
            "tags": [{"name": name, "description": about} for name, about in SYSTEMS.items()],
            "paths": paths,
            "components": {
                "schemas": {**components, "Answer": _ANSWER, "Error": _ERROR},
                "responses": {
                    status.name: {"description": words, "content": _json({"$ref": _REF.format(name="Error")})}
                    for status, words in _REFUSALS.items()
                },
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
        }
    )


def _is_model(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, Request)


def _operation(row: AnyOperation, by_model: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": row.key,
        "summary": row.title,
        "tags": [row.system],
        "security": [{"token": []}] if row.auth else [],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in row.parameters
        ],
        "responses": {
            "2XX": {"description": "Done.", "content": _json({"$ref": _REF.format(name="Answer")})},
            **{str(int(status)): {"$ref": f"#/components/responses/{status.name}"} for status in _REFUSALS},
        },
    }
    if row.query is not None:
        properties = components[row.query.__name__]["properties"]
        described["parameters"] += [
            {
                "name": one.name,
                "in": "query",
                "required": one.required,
                "description": one.about,
                "schema": properties[one.name],
            }
            for one in parameters(row)
            if one.where == "query"
        ]
    if row.body is not None:
        schema = by_model[row.body] if _is_model(row.body) else {"type": "object"}
        described["requestBody"] = {"required": True, "content": _json(schema)}
    return described


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
