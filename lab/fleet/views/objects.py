"""Managed objects: a place in the tree, a type (RFC 2578), and how to read it off a device."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lab.fleet.views.moment import Moment
from snmp.pdu import Kind

Oid = tuple[int, ...]


Content = int | bytes | str
"""A number, a string, or an OID as dotted text."""
Read = Callable[[Moment], Content]
WRAP_32, WRAP_64 = 1 << 32, 1 << 64


@dataclass(frozen=True, slots=True)
class Object:
    """One instance. `name` is its OID as dotted text, `of` the OID of the object that it is an instance of."""

    oid: Oid
    kind: Kind
    read: Read
    name: str
    of: Oid


def oid(text: str) -> Oid:
    return tuple(map(int, text.split(".")))


def scalar(place: str, kind: Kind, read: Read) -> Object:
    return _object(oid(place), (0,), kind, read)


Row = int
Column = tuple[int, Kind, Callable[[Moment, Row], Content]]


def table(entry: str, columns: Iterable[Column], rows: Iterable[tuple[Oid, Row]]) -> Iterator[Object]:
    """Every instance of a table: `rows` are index and what the columns are asked about."""
    base, listed = oid(entry), list(rows)
    for number, kind, read in columns:
        for index, row in listed:
            yield _object((*base, number), index, kind, _bound(read, row))


def _object(of: Oid, index: Oid, kind: Kind, read: Read) -> Object:
    place = (*of, *index)
    return Object(place, kind, read, ".".join(map(str, place)), of)


def _bound(read: Callable[[Moment, Row], Content], row: Row) -> Read:
    return lambda reading: read(reading, row)


def text(value: str) -> bytes:
    return value.encode()


def constant(value: Content) -> Callable[[Moment, Row], Content]:
    return lambda _reading, _row: value
