"""What FastAPI cannot know of the API's document is put in here: its errors, and who may do what."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from aigne_hub.api.callers import SESSION_COOKIE, Gate
from aigne_hub.api.gates import gated_routes

_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "description": "On some of the reference's own paths a sentence, elsewhere an object with a message.",
            "oneOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {
                        "message": {"type": "string"},
                        "type": {"type": "string"},
                        "code": {"type": ["string", "null"]},
                        "param": {"type": ["string", "null"]},
                    },
                    "required": ["message", "type"],
                },
            ],
        }
    },
    "required": ["error"],
}
_PROBLEMS = {
    "400": "The request is not as it should be; `param` names the field",
    "401": "Nobody known makes this request",
    "403": "Whoever makes it may not",
    "404": "There is no such thing",
    "405": "The path does not take this method",
    "408": "The body did not arrive in time",
    "409": "It contradicts what is",
    "413": "The body is too large",
    "429": "Too many requests; `Retry-After` says when to come back",
    "502": "Somebody else's server did not do its part",
    "503": "The hub cannot answer for now; `Retry-After` says when to come back",
}
_SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "An access key or an OAuth access token."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "The console's session; changes repeat its CSRF token in `x-csrf-token`.",
    },
}


def completed(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema:
        return app.openapi_schema
    made = get_openapi(title=app.title, version=app.version, routes=app.routes)
    # The document names a parameter without its converter: `{model}` for `{model:path}`.
    gates = {(route.method, route.path.replace(":path}", "}")): route.gate for route in gated_routes(app)}
    made.setdefault("components", {})["securitySchemes"] = _SECURITY
    made["components"].setdefault("schemas", {})["Problem"] = _ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            answers.pop("422", None)
            for status, meaning in _PROBLEMS.items():
                answers.setdefault(status, {"description": meaning, "content": content})
            gate = gates[(method.upper(), path)]
            if isinstance(gate, Gate):
                operation["security"] = [{"session": []}] if gate.by_person else [{"key": []}, {"session": []}]
                if gate.scope is not None:
                    operation["x-scope"] = gate.scope
                operation["x-role"] = gate.least
    app.openapi_schema = made
    return made
