"""What an operation takes, read off its models: for the command line, the reference and the OpenAPI document."""

from __future__ import annotations

import functools
import types
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from bridge.pinghome.operation import LOCAL, AnyOperation, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter. `kind` is str, int, float, bool, or a list of one of them; `dict` is anything deeper, as JSON."""

    name: str
    where: Literal["query", "body"]
    kind: Any
    required: bool
    about: str
    choices: tuple[str, ...]
    local: bool


@functools.cache
def parameters(row: AnyOperation) -> tuple[Parameter, ...]:
    """The parameters of the query and the body; those of the path are `row.parameters`."""
    models: tuple[tuple[Literal["query", "body"], Any], ...] = (("query", row.query), ("body", row.body))
    return tuple(
        Parameter(
            name=field.encode_name,
            where=where,
            kind=_kind(hints[field.name]),
            required=field.required,
            about=_about(hints[field.name]),
            choices=_choices(hints[field.name]),
            local=_is_local(hints[field.name]),
        )
        for where, model in models
        if isinstance(model, type) and issubclass(model, Request)
        for hints in (get_type_hints(model, include_extras=True),)
        for field in msgspec.structs.fields(model)
    )


def _kind(hint: Any) -> Any:
    kind = _bare(hint)
    if kind in (str, int, float, bool):
        return kind
    if get_origin(kind) is list and (member := _bare(get_args(kind)[0])) in (str, int):
        return list[member]  # type: ignore[valid-type]
    return dict


def _bare(hint: Any) -> Any:
    """A type without its marks; of alternatives the first that is a value, of a choice the type of its members."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _bare(get_args(hint)[0])
    if origin in (Union, types.UnionType):
        values = [part for part in get_args(hint) if part is not type(None)]
        return _bare(values[0])
    if origin is Literal:
        return type(get_args(hint)[0])
    return hint


def _about(hint: Any) -> str:
    marks = getattr(hint, "__metadata__", ())
    own = " ".join(mark.description for mark in marks if isinstance(mark, msgspec.Meta) and mark.description)
    return own or next((words for part in get_args(hint) if (words := _about(part))), "")


def _choices(hint: Any) -> tuple[str, ...]:
    if get_origin(hint) is Literal:
        return tuple(str(choice) for choice in get_args(hint))
    return tuple(choice for part in get_args(hint) for choice in _choices(part))


def _is_local(hint: Any) -> bool:
    return LOCAL in getattr(hint, "__metadata__", ()) or any(_is_local(part) for part in get_args(hint))
