"""Managed objects: a place in the tree, a type (RFC 2578), and how to read it off a device."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from lab.fleet.views.reading import Reading

Oid = tuple[int, ...]


class Kind(IntEnum):
    """By its BER tag (RFC 2578, 7.1; RFC 3417, 8)."""

    INTEGER = 0x02
    OCTETS = 0x04
    OID = 0x06
    COUNTER32 = 0x41
    GAUGE32 = 0x42
    TICKS = 0x43
    COUNTER64 = 0x46


Content = int | bytes | Oid
Read = Callable[[Reading], Content]
WRAP_32, WRAP_64 = 1 << 32, 1 << 64


@dataclass(frozen=True, slots=True)
class Object:
    oid: Oid
    kind: Kind
    read: Read


def oid(text: str) -> Oid:
    return tuple(map(int, text.split(".")))


def scalar(place: str, kind: Kind, read: Read) -> Object:
    return Object((*oid(place), 0), kind, read)


Row = int
Column = tuple[int, Kind, Callable[[Reading, Row], Content]]


def table(entry: str, columns: Iterable[Column], rows: Iterable[tuple[Oid, Row]]) -> Iterator[Object]:
    """Every instance of a table: `rows` are index and what the columns are asked about."""
    base, listed = oid(entry), list(rows)
    for number, kind, read in columns:
        for index, row in listed:
            yield Object((*base, number, *index), kind, _bound(read, row))


def _bound(read: Callable[[Reading, Row], Content], row: Row) -> Read:
    return lambda reading: read(reading, row)


def text(value: str) -> bytes:
    return value.encode()


def constant(value: Content) -> Callable[[Reading, Row], Content]:
    return lambda _reading, _row: value
