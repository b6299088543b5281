"""Reading a request by its model: every fault is found before any is reported, each under its field's name."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from bridge.local.replies import Call, Fault, invalid
from bridge.pinghome.operation import Request

R = TypeVar("R", bound=Request)

_PLACE: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<where>.*)`)?$", re.DOTALL)
_EXPECTED: Final = re.compile(r"^Expected `(?P<kind>[^`]+)`(?P<rest>.*)$", re.DOTALL)
_ENTRY: Final = re.compile(r"\[(\d+)\]$")
_KINDS: Final = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


def read(call: Call, model: type[R]) -> R:
    """The body as the operation's model. Raises 400 for a body that is no JSON object, 422 for bad fields."""
    return _build(call.json_object(), model, strict=True)


def read_query(call: Call, model: type[R]) -> R:
    """The query as the operation's model. Raises 422.

    A list is taken in both spellings, `id=a&id=b` and `id=a,b`; of any other parameter the first value counts.
    """
    document: dict[str, Any] = {}
    for name, hint in _hints(model).items():
        if (found := call.query.get(name)) is None:
            continue
        if _is_list(hint):
            parts = (part.strip() for value in found for part in value.split(","))
            document[name] = list(dict.fromkeys(part for part in parts if part))
        else:
            document[name] = found[0]
    return _build(document, model, strict=False)


def _build(document: Mapping[str, Any], model: type[R], *, strict: bool) -> R:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for field in msgspec.structs.fields(model):
        if field.encode_name not in document or (document[field.encode_name] is None and not field.required):
            if field.required:
                faults.append(Fault(field=field.encode_name, message="is required"))
            continue
        hint = _hints(model)[field.name]
        try:
            values[field.name] = msgspec.convert(document[field.encode_name], hint, strict=strict)
        except msgspec.ValidationError as error:
            faults.append(_fault(field.encode_name, hint, str(error)))
    if faults:
        raise invalid(*faults)
    return model(**values)


@functools.cache
def _hints(model: type[Request]) -> dict[str, Any]:
    return get_type_hints(model, include_extras=True)


def _fault(name: str, hint: Any, said: str) -> Fault:
    """msgspec's words in ours, under the dotted path of what is wrong."""
    match = _PLACE.match(said)
    what, where = (match["what"], match["where"] or "") if match else (said, "")
    missing = re.match(r"^Object missing required field `(\w+)`$", what)
    if missing:
        return Fault(field=f"{name}{where}.{missing[1]}", message="is required")
    if entry := _ENTRY.search(where):
        # A bad entry of a plain list is the list's fault; within an object the path says more.
        return Fault(
            field=f"{name}{where[: entry.start()]}", message=f"entry {int(entry[1]) + 1} {_message(what, None)}"
        )
    return Fault(field=f"{name}{where}", message=_message(what, hint if not where else None))


def _message(what: str, hint: Any) -> str:
    if what.startswith("Invalid enum value"):
        choices = _choices(hint)
        return f"must be one of {', '.join(choices)}" if choices else "is none of the values that it may have"
    expected = _EXPECTED.match(what)
    if expected is None:
        return "cannot be accepted"
    kinds = [_KINDS.get(kind.strip(), kind.strip()) for kind in expected["kind"].split("|")]
    kind = " or ".join(kind for kind in kinds if kind != "null")
    rest = expected["rest"].split(", got")[0]
    if r"\S" in rest:
        return "must not be empty"
    if "regex" in rest:
        return f"must be {kind} of the right form"
    return f"must be {kind}{rest}"


def _choices(hint: Any) -> list[str]:
    if get_origin(hint) is Annotated:
        return _choices(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return [choice for part in get_args(hint) for choice in _choices(part)]
    return [str(choice) for choice in get_args(hint)] if get_origin(hint) is Literal else []


def _is_list(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _is_list(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return any(_is_list(part) for part in get_args(hint))
    return get_origin(hint) is list
