from __future__ import annotations

import pytest

from bridge.local.monitoring.cron import fault_of


@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *",
        "*/8 * * * *",
        "0 0 1 1 0",
        "59 23 31 12 7",
        "0,15,30-45/5 9-17 * * mon-fri",
        "  5\t4 * JAN,Feb sun ",
        "10/5 * * * *",
    ],
)
def test_what_cron_reads_is_good(expression: str) -> None:
    assert fault_of(expression) is None


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "@daily",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "5-1 * * * *",
        "1, * * * *",
        "*-5 * * * *",
        "mon * * * *",
        "* * * mon *",
        "-1 * * * *",
        "1.5 * * * *",
        "٣ * * * *",
    ],
)
def test_what_cron_does_not_read_is_refused(expression: str) -> None:
    assert fault_of(expression) is not None
