"""Titles and descriptions as the operator wants them: text with JMESPath expressions in `{{ }}`.

There is nothing to break out of: no loops, no calls but JMESPath's own functions, no access to anything but the
alert's document, and of that not to `raw`, which is redacted only when it is rendered. A template, its expressions
and what comes out are bounded, and so is the time over all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jmespath

from bridge.domain.conditions import BadCondition, LookUp, When, canonical, compile_all, compile_key, reads_raw

TITLE_LIMIT: Final = 255
DESCRIPTION_LIMIT: Final = 16_384
TEMPLATE_LIMIT: Final = 4096
EXPRESSIONS_LIMIT: Final = 32
TIME_LIMIT: Final = 0.25
"""Seconds for one alert's templates, looked at after each expression."""

_EXPRESSION: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_SELECTIONS: Final = ("multi_select_list", "multi_select_dict")
_SELECTIONS_LIMIT: Final = 4


class TemplateTooSlow(Exception):
    """The templates took longer than TIME_LIMIT; the alert goes out without them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """How alerts are worded for which all of `when` holds. None leaves what the source wrote."""

    when: tuple[When, ...] = ()
    title: str | None = None
    description: str | None = None


class Templates:
    """The templates of one configuration; the first whose conditions all hold counts."""

    def __init__(self, templates: Sequence[Template] = ()) -> None:
        """Raises BadCondition where a condition or an expression can never be evaluated."""
        self._templates = tuple(
            (compile_all(one.when), _compiled(one.title), _compiled(one.description)) for one in templates
        )
        self.reads_raw = reads_raw([when for one in templates for when in one.when])
        """Does any condition look into the raw message? Only then must a document hold it."""

    def apply(self, document: dict[str, Any], timer: Callable[[], float]) -> None:
        """Word the alert's document anew, in place. `timer` counts seconds. Raises TemplateTooSlow.

        Both texts see what the source wrote. One that comes out empty leaves it.
        """
        for holds, title, description in self._templates:
            if holds(document):
                until = timer() + TIME_LIMIT
                visible = {name: value for name, value in document.items() if name != "raw"}
                worded = {
                    "title": _line(_filled(title, visible, timer, until)),
                    "description": _filled(description, visible, timer, until).strip()[:DESCRIPTION_LIMIT],
                }
                document.update({name: text for name, text in worded.items() if text})
                return


_Part = str | LookUp


def compile_template(text: str) -> Sequence[_Part]:
    """Its plain text and its expressions, in turns. Raises BadCondition."""
    if len(text) > TEMPLATE_LIMIT:
        raise BadCondition(f"a template has at most {TEMPLATE_LIMIT} characters")
    pieces = _EXPRESSION.split(text)
    if len(pieces) > 2 * EXPRESSIONS_LIMIT:
        raise BadCondition(f"a template has at most {EXPRESSIONS_LIMIT} expressions")
    if any("{{" in plain or "}}" in plain for plain in pieces[::2]):
        raise BadCondition("braces that do not match; an expression stands in {{ and }}")
    return [_expression(piece.strip()) if place % 2 else piece for place, piece in enumerate(pieces)]


def _expression(text: str) -> LookUp:
    if not text:
        raise BadCondition("an empty expression")
    look_up = compile_key(text)
    nodes = list(_nodes(jmespath.compile(text).parsed))
    # What selects a value several times, nested, would multiply it without end.
    if sum(node["type"] in _SELECTIONS for node in nodes) > _SELECTIONS_LIMIT:
        raise BadCondition(f"an expression has at most {_SELECTIONS_LIMIT} multi-selects ([a, b] or {{a: b}})")
    if any(node["type"] == "field" and node["value"] == "raw" for node in nodes):
        raise BadCondition("a template does not see `raw`: it may hold secrets")
    return look_up


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every node of a parsed expression."""
    if isinstance(node, dict):
        yield node
        for child in node["children"]:
            yield from _nodes(child)


def _compiled(text: str | None) -> Sequence[_Part]:
    return compile_template(text) if text else ()


def _filled(parts: Sequence[_Part], document: Any, timer: Callable[[], float], until: float) -> str:
    written = []
    for part in parts:
        if isinstance(part, str):
            written.append(part)
            continue
        found = part(document)
        written.append("" if found is None else canonical(found)[:DESCRIPTION_LIMIT])
        if timer() > until:
            raise TemplateTooSlow(f"templates took longer than {TIME_LIMIT:g} s")
    return "".join(written)


def _line(text: str) -> str:
    """One printable line."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:TITLE_LIMIT]
