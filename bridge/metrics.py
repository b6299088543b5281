"""Counters, gauges and histograms of one process, and Prometheus's text format 0.0.4."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Labels = tuple[str, ...]

ACCEPT_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: one fsync to a sender's patience."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric as it is written: its samples are (suffix, labels, value)."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: Sequence[tuple[str, Mapping[str, str], float]]


class Counter:
    """Counts by labels. `series` is bounded by whoever chooses the labels' values: never a stranger."""

    def __init__(self, name: str, help_: str, labels: Labels = ()) -> None:
        """`name` ends in _total."""
        self.name, self._help, self._labels = name, help_, labels
        self._values: dict[Labels, float] = {} if labels else {(): 0}

    def inc(self, *values: str, by: float = 1) -> None:
        """Add to the series of these label values."""
        self._values[values] = self._values.get(values, 0) + by

    def family(self) -> Family:
        """As it is now."""
        samples = [
            ("", dict(zip(self._labels, key, strict=True)), value) for key, value in sorted(self._values.items())
        ]
        return Family(self.name, "counter", self._help, samples)


class Histogram:
    """How long things took, in buckets."""

    def __init__(self, name: str, help_: str, buckets: Sequence[float]) -> None:
        """`buckets`: upper bounds in seconds, ascending."""
        self.name, self._help, self._bounds = name, help_, tuple(buckets)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """One more."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def family(self) -> Family:
        """As it is now."""
        return histogram(self.name, self._help, self._bounds, self._counts, self._sum)


def histogram(name: str, help_: str, bounds: Sequence[float], counts: Sequence[int], total: float) -> Family:
    """A histogram from the counts of its buckets, the last one without a bound."""
    samples: list[tuple[str, Mapping[str, str], float]] = []
    running = 0
    for bound, count in zip((*bounds, None), counts, strict=True):
        running += count
        samples.append(("_bucket", {"le": "+Inf" if bound is None else format(bound, "g")}, running))
    return Family(name, "histogram", help_, [*samples, ("_sum", {}, total), ("_count", {}, running)])


def gauge(name: str, help_: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Family:
    """A gauge that is read when it is shown."""
    return Family(name, "gauge", help_, [("", labels, value) for labels, value in samples])


def counter(name: str, help_: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Family:
    """A counter that is kept elsewhere."""
    return Family(name, "counter", help_, [("", labels, value) for labels, value in samples])


def render(families: Iterable[Family]) -> str:
    """The text that Prometheus scrapes."""
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {family.kind}"
    for suffix, labels, value in family.samples:
        inner = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        number = str(int(value)) if value == int(value) else repr(value)
        yield f"{family.name}{suffix}{{{inner}}} {number}" if inner else f"{family.name}{suffix} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
