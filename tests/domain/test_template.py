"""Words of the operator's own: filled in, bounded, and with no way out."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.conditions import BadCondition, Condition
from bridge.domain.template import (
    DESCRIPTION_LIMIT,
    EXPRESSIONS_LIMIT,
    TEMPLATE_LIMIT,
    TITLE_LIMIT,
    Template,
    Templates,
    TemplateTooSlow,
    compile_template,
)
from tests.support.fakes import BOUNDED

HIGH = (Condition(key="severity", operator="equal", values=("high",)),)


def worded(*templates: Template, **said: Any) -> dict[str, Any]:
    """An alert's document after the templates; no time passes."""
    document = {"title": "disk full", "description": "94 %", "severity": "high", "labels": {}, **said}
    Templates(templates).apply(document, lambda: 0.0)
    return document


@pytest.mark.parametrize(
    ("template", "title"),
    [
        ("[{{ severity }}] {{title}}", "[high] disk full"),
        ("{{ labels.team || 'nobody' }}: {{ title }}", "nobody: disk full"),
        ("{{ join(', ', keys(labels)) }}{{ title }}", "disk full"),
        ("{{ labels }}", "{}"),
        ("plain", "plain"),
        ("two\nlines {{ '\t' }} and\x00 tabs", "two lines and tabs"),
        ("{{ labels.absent }}", "disk full"),
        ("{{ length(severity) }} {{ abs(title) }}", "4"),
    ],
)
def test_expressions_are_filled_in(template: str, title: str) -> None:
    """What is absent, or what a function cannot work on, is nothing; a title that is nothing leaves the source's."""
    assert worded(Template(title=template))["title"] == title


def test_both_texts_see_what_the_source_wrote() -> None:
    document = worded(Template(title="{{ description }}", description="{{ title }}\n\nby hand"))

    assert (document["title"], document["description"]) == ("94 %", "disk full\n\nby hand")


def test_the_first_template_whose_conditions_hold_counts() -> None:
    low, high, last = (
        Template(title="a", when=(Condition(key="labels.x", operator="exists"),)),
        *(Template(title=title, when=HIGH) for title in "bc"),
    )

    assert worded(low, high, last)["title"] == "b"
    assert worded(low, high, severity="low")["title"] == "disk full"


def test_what_comes_out_is_bounded() -> None:
    """A stranger writes what is filled in."""
    document = worded(Template(title="{{ title }}" * 9, description="{{ title }}" * 9), title="x" * 1_000_000)

    assert (len(document["title"]), len(document["description"])) == (TITLE_LIMIT, DESCRIPTION_LIMIT)


def test_what_a_stranger_writes_is_no_template() -> None:
    assert worded(Template(title="{{ title }}"), title="{{ severity }}")["title"] == "{{ severity }}"


@pytest.mark.parametrize(
    "template",
    [
        "{{ title",
        "title }}",
        "{{}}",
        "{{ title[ }}",
        "{{ nonsense(title) }}",
        "{{ raw.Token }}",
        "{{ [@, @] | [@, @] | [@, @] | [@, @] | [@, @] }}",
        "{{ title }}" * (EXPRESSIONS_LIMIT + 1),
        "x" * (TEMPLATE_LIMIT + 1),
    ],
    ids=["open", "closed", "empty", "broken", "unknown function", "raw", "multiplying", "many", "long"],
)
def test_what_is_no_template_is_refused_at_once(template: str) -> None:
    with pytest.raises(BadCondition):
        compile_template(template)


def test_the_raw_message_is_out_of_reach() -> None:
    """It is redacted only when it is rendered."""
    assert "s3cret" not in str(worded(Template(title="{{ values(@) }}"), raw={"Token": "s3cret"})["title"])


def test_templates_that_take_too_long_are_given_up() -> None:
    """The time is looked at after each expression."""
    ticks = itertools.count(0.0, 0.2)

    with pytest.raises(TemplateTooSlow):
        Templates([Template(title="{{ title }} {{ severity }}")]).apply(
            {"title": "a", "description": None}, lambda: next(ticks)
        )


@BOUNDED
@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_a_template_or_is_refused(text: str, title: str) -> None:
    """And a title stays one printable line."""
    try:
        filled = worded(Template(title=text), title=title)["title"]
    except BadCondition:
        return
    assert filled == title or (filled.isprintable() and len(filled) <= TITLE_LIMIT)
