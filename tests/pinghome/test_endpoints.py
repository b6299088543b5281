from __future__ import annotations

import pytest

from bridge.pinghome.endpoints import ALIASES, LOCAL_EXTRAS, OPERATIONS, Operation, operation
from tests.pinghome.documents import documented_row


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.key)
def test_every_row_is_documented_with_the_same_method_service_path_and_auth(row: Operation) -> None:
    found = documented_row(row)
    assert found is not None
    assert found["auth"] == ("bearer" if row.auth else "none")
    assert found["system"] == row.system


@pytest.mark.parametrize("row", LOCAL_EXTRAS, ids=lambda row: row.key)
def test_an_extra_is_not_documented(row: Operation) -> None:
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
