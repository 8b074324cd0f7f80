"""Families of a hundred thousand samples as text, for little CPU.

prometheus_client writes the line of each distinct set of labels once, with marks in place of what differs from device
to device; every other line is that one with the marks replaced. So formats and escapings are the library's own.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from prometheus_client.core import Metric, StateSetMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from monitoring.ledger.intervals import DEVICE_STATES, State
from monitoring.series.files import DEVICE, KEY, VALUE
from monitoring.series_key import parse_key

Encode = Callable[[Collector], bytes]
"""Writes families in one of Prometheus' formats."""

END = b"# EOF\n"
"""What ends a text of OpenMetrics, and of no other format."""

_MARKS = "\x1a\x1b\x1c\x1d"
"""No identifier has one of these, and no format escapes them. The first stands for the device."""
_ZERO = " 0.0"


@dataclass(frozen=True, slots=True)
class _Alone(Collector):
    """A registry of one family."""

    family: Metric

    def collect(self) -> Iterable[Metric]:
        yield self.family


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """The family of the states of things that have these labels, four at most."""

    name: str
    about: str
    labels: tuple[str, ...]

    def family(self, seen: Iterable[tuple[Sequence[str], State]] = ()) -> StateSetMetricFamily:
        """With the values of the labels of each thing, and the state that it is in."""
        family = StateSetMetricFamily(self.name, self.about, labels=self.labels)
        for values, state in seen:
            family.add_metric(values, {one.value: one is state for one in DEVICE_STATES})
        return family


@dataclass(frozen=True, slots=True, eq=False)
class Plain(Collector):
    """The families of states and of readings, sample by sample."""

    states: States
    seen: Sequence[tuple[Sequence[str], State]]
    newest: pa.Table | None

    def collect(self) -> Iterable[Metric]:
        yield self.states.family(self.seen)
        families: dict[str, Metric] = {}
        for row in () if self.newest is None else self.newest.to_pylist():
            name, labels = parse_key(row[KEY])
            family = families.setdefault(name, _readings_of(name))
            family.add_sample(name, {"device": row[DEVICE], **labels}, row[VALUE])
        yield from families.values()


def states(encode: Encode, states: States, seen: Iterable[tuple[Sequence[str], State]]) -> bytes:
    """The text of `states.family(seen)`."""
    head, marks = _text(encode, states.family()), _MARKS[: len(states.labels)]
    of_state = {state: _text(encode, states.family([(marks, state)])).removeprefix(head) for state in DEVICE_STATES}
    return "".join([head, *(_marked(of_state[state], values) for values, state in seen)]).encode()


def readings(encode: Encode, newest: pa.Table) -> Iterator[bytes]:
    """The text of one family per name of the newest values: columns device, key and value."""
    devices, of_device = _distinct(newest[DEVICE])
    keys, of_key = _distinct(newest[KEY])
    order = np.argsort(of_key, kind="stable")
    ends = np.searchsorted(of_key[order], np.arange(len(keys) + 1)).tolist()
    called = [_escaped(device) for device in devices]
    names = [called[place] for place in of_device[order].tolist()]
    values = _written(newest[VALUE].to_numpy()[order])
    for name, labels_of in _by_name(keys).items():
        head, kinds = _kinds(encode, name, labels_of.values())
        lines = [head]
        for place, (before, after) in zip(labels_of, kinds, strict=True):
            row = slice(ends[place], ends[place + 1])
            of_kind = zip(names[row], values[row], strict=True)
            lines += [f"{before}{device}{after} {value}\n" for device, value in of_kind]
        yield "".join(lines).encode()


def _by_name(keys: Sequence[str]) -> Mapping[str, Mapping[int, Mapping[str, str]]]:
    """By the name of each family: the places of its keys, and what labels each has."""
    found = defaultdict[str, dict[int, Mapping[str, str]]](dict)
    for place, key in enumerate(keys):
        name, labels = parse_key(key)
        found[name][place] = labels
    return found


def _kinds(encode: Encode, name: str, rows: Iterable[Mapping[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """The head of the family of this name, and what stands before and after the device in the line of each row."""
    family = _readings_of(name)
    head = _text(encode, family)
    for labels in rows:
        family.add_sample(name, {"device": _MARKS[0], **labels}, 0.0)
    lines = _text(encode, family).removeprefix(head).split("\n")[:-1]
    cut = (line.removesuffix(_ZERO).partition(_MARKS[0]) for line in lines)
    return head, [(before, after) for before, _, after in cut]


def _readings_of(name: str) -> Metric:
    """An empty family. Its type is left open, as its name must not grow a suffix."""
    return Metric(name, f"{name} of the device's MIB", "unknown")


def _distinct(column: "pa.ChunkedArray[pa.Scalar[pa.DataType]]") -> tuple[list[str], NDArray[np.int32]]:
    """The distinct texts of a column, and for each row the place of its own."""
    found = cast("pa.DictionaryArray[Any, Any]", pc.dictionary_encode(column.cast(pa.string()).combine_chunks()))
    return [str(text) for text in found.dictionary.to_pylist()], found.indices.to_numpy()


def _written(values: NDArray[np.float64]) -> list[str]:
    """Each value as text, the distinct ones written once; by their bits, as 0 equals -0."""
    distinct, of_value = np.unique(values.view(np.int64), return_inverse=True)
    texts = [str(floatToGoString(value)) for value in distinct.view(np.float64).tolist()]  # type: ignore[no-untyped-call]  # shipped untyped
    return [texts[place] for place in of_value.tolist()]


def _text(encode: Encode, family: Metric) -> str:
    return encode(_Alone(family)).removesuffix(END).decode()


def _marked(text: str, labels: Iterable[str]) -> str:
    for mark, label in zip(_MARKS, labels, strict=False):
        text = text.replace(mark, _escaped(label))
    return text


def _escaped(label: str) -> str:
    """Alike in every format."""
    return label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
