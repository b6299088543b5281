"""Cutting secrets out of a raw message without touching anything else in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

REDACTED: Final = "[redacted]"

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)


def redact(text: str, keys: frozenset[str]) -> str:
    """The text with the value of every JSON member named in `keys` replaced by "[redacted]".

    Works on the text, not on a parsed document, so that every other character stays as it was sent. Linear in
    the length of the text.
    """
    if not keys:
        return text
    # Names are looked up as they are usually written; where any character is escaped, a name may be too.
    places = _escaped_places(text, keys) if "\\u" in text else _places(text, keys)
    pieces: list[str] = []
    end = 0
    for start, stop in places:
        pieces += (text[end:start], f'"{REDACTED}"')
        end = stop
    return "".join((*pieces, text[end:])) if pieces else text


def redact_loosely(text: str, keys: frozenset[str]) -> str:
    """For text that is no JSON: whatever stands behind one of the names and a `:` or `=` goes, to be sure."""
    if not keys:
        return text
    names = "|".join(re.escape(key) for key in sorted(keys))
    secret = rf"""(?P<name>\b(?:{names})\b["']?\s*[:=]\s*)(?:"(?:[^"\\]|\\.)*"?|[^\s,;&}}\]]+)"""
    return re.sub(secret, lambda found: f'{found["name"]}"{REDACTED}"', text)


def _places(text: str, keys: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where the secret values stand. Inside a JSON string every quote is escaped, so a quoted name before a
    colon is a name."""
    end = 0
    for name in _names(keys).finditer(text):
        if name.start() < end:
            continue  # inside a value that goes anyway
        tokens = _TOKEN.finditer(text, name.end())
        first = next(tokens, None)
        if first is not None:
            end = _end_of_value(first, tokens)
            yield first.start(), end


@lru_cache(maxsize=64)
def _names(keys: frozenset[str]) -> re.Pattern[str]:
    return re.compile(rf'"(?:{"|".join(re.escape(key) for key in sorted(keys))})"\s*:[\s:]*')


def _escaped_places(text: str, keys: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The same, reading every token: slower."""
    tokens = _TOKEN.finditer(text)
    name: str | None = None
    armed = False
    for token in tokens:
        word = token.group()
        if armed and word != ":":
            yield token.start(), _end_of_value(token, tokens)
            name, armed = None, False
        elif word == ":":
            armed = name in keys
        else:
            name = _unquoted(word) if word.startswith('"') else None


def _end_of_value(first: re.Match[str], rest: Iterator[re.Match[str]]) -> int:
    """Where the value that begins with this token ends: at once, or at the bracket that closes it."""
    depth, last = 0, first
    while True:
        word = last.group()
        depth += (word in "{[") - (word in "}]")
        if depth <= 0:
            return last.end()
        following = next(rest, None)
        if following is None:
            return last.end()
        last = following


def _unquoted(word: str) -> str:
    try:
        value = json.loads(word)
    except ValueError:
        return word.strip('"')
    return str(value)
