from __future__ import annotations

import pytest

from bridge.pinghome.describe import parameters
from bridge.pinghome.endpoints import ALIASES, LOCAL_EXTRAS, OPERATIONS, operation
from bridge.pinghome.operation import AnyOperation
from tests.pinghome.documents import documented, documented_row


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.key)
def test_every_row_is_documented_with_the_same_method_service_path_and_auth(row: AnyOperation) -> None:
    found = documented_row(row)
    assert found is not None
    assert found["auth"] == ("bearer" if row.auth else "none")
    assert found["system"] == row.system


def test_the_table_holds_every_documented_operation_and_nothing_more() -> None:
    documented_routes = {(row["method"], row["host"], row["path"]) for row in documented()}
    assert len(documented_routes) == len(OPERATIONS) == 123
    assert {(row.method, f"{row.service}.api.pinghome.io", row.path) for row in OPERATIONS} == documented_routes


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.key)
def test_every_row_takes_what_is_documented(row: AnyOperation) -> None:
    found = documented_row(row)
    assert found is not None
    assert found["title"] == row.title
    assert [param["name"] for param in found["path_params"]] == list(row.parameters)
    if row.key == "auth.reset_password":
        # Listed as a query, shown as a body: a password does not belong in a URL.
        assert (
            {param["name"] for param in found["query_params"]} == set(found["example_body"]) == fields_of(row, "body")
        )
        return
    shown = {pair.partition("=")[0] for pair in (found["example_query"] or "").split("&") if pair}
    assert fields_of(row, "query") == {param["name"] for param in found["query_params"]} | shown
    if row.body is dict:
        assert [param["type"] for param in found["body_params"]] == ["object"]
        return
    listed = {param["name"] for param in found["body_params"]}
    if "url or host" in listed:
        listed = listed - {"url or host"} | {"url", "host"}
    assert fields_of(row, "body") == listed | set(found["example_body"] or {})


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.key)
def test_what_is_documented_without_a_note_is_required(row: AnyOperation) -> None:
    found = documented_row(row)
    assert found is not None
    if row.body is dict:
        return
    required = {one.name for one in parameters(row) if one.where == "body" and one.required}
    expected = {param["name"] for param in found["body_params"] if "note" not in param}
    # One of `url` and `host` is, which one depends on the type; the example of a change leaves out the other two.
    expected -= {"url or host"} | ({"components", "groups"} if row.key == "statuspage.update" else set())
    if row.key == "auth.reset_password":
        expected = {param["name"] for param in found["query_params"]}
    assert required == expected


def fields_of(row: AnyOperation, where: str) -> set[str]:
    """The fields that are the API's, not the local Pinghome's alone."""
    return {one.name for one in parameters(row) if one.where == where and not one.local}


@pytest.mark.parametrize("row", LOCAL_EXTRAS, ids=lambda row: row.key)
def test_an_extra_is_not_documented(row: AnyOperation) -> None:
    assert documented_row(row) is None


def test_names_and_routes_are_unique() -> None:
    rows = (*OPERATIONS, *LOCAL_EXTRAS)
    assert len({row.key for row in rows}) == len(rows)
    routes = [(row.method, row.service, row.path) for row in (*rows, *ALIASES)]
    assert len(set(routes)) == len(routes)


def test_an_alias_is_another_spelling_of_a_row() -> None:
    assert all(operation(alias.key).auth == alias.auth for alias in ALIASES)


def test_a_path_is_filled_and_its_values_are_encoded() -> None:
    assert operation("heartbeat.get").fill({"id": "a/b c"}) == "/default/v1/heartbeat/a%2Fb%20c"
    assert operation("customer.get").parameters == ("customer_id",)


@pytest.mark.parametrize("values", [{}, {"id": ""}, {"id": ".."}, {"id": "."}, {"id": "x", "other": "y"}])
def test_a_path_that_cannot_be_filled_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="path parameter"):
        operation("heartbeat.get").fill(values)
