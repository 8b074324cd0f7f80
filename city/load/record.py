"""One declared thing while it is being read: its fields, where they stand, which of them are wrong."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from city.geography import Point
from city.load.defects import Defects, nearest
from city.load.kinds import SLUG, TEXT, Kind, Unreadable, number
from city.load.letters import odd_letter
from city.load.source import read_csv, read_yaml
from city.located import Node, Place
from city.model.places import Text

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

LON, LAT = number(-180, 180, "degrees"), number(-90, 90, "degrees")


class Record:
    """Reads each field once. A wrong field is reported, its kind's blank returned, and reading goes on."""

    def __init__(self, name: str, node: Node, defects: Defects) -> None:
        self.name = name
        self.place = node.place
        self._fields = node.content if isinstance(node.content, dict) else {}
        self._asked: set[str] = set()
        self._wrong: set[str] = set()
        self._children: dict[str, tuple[Record, ...]] = {}
        self._defects = defects
        self._hollow = not isinstance(node.content, dict)
        if self._hollow and node.content is not None:
            defects.add(node.place, f"{name} is not a list of `key: value`", "docs/city-data.md shows one.")

    def is_good(self, *keys: str) -> bool:
        """Whether all of these fields were read without a defect."""
        return not self._hollow and self._wrong.isdisjoint(keys)

    def has(self, key: str) -> bool:
        self._asked.add(key)
        return key in self._fields and self._fields[key].content != ""

    def place_of(self, key: str) -> Place:
        return self._fields[key].place if key in self._fields else self.place

    def defect(self, key: str, problem: str, remedy: str) -> None:
        """Something wrong with one field; the rules that follow leave that field alone."""
        self._wrong.add(key)
        self._defects.add(self.place_of(key), f"{self.name}: {problem}", remedy)

    def get(self, key: str, kind: Kind[T], *, default: T | None = None) -> T:
        """The field's value; `default` where it is absent and may be."""
        if self._absent(key, required=default is None):
            return kind.blank if default is None else default
        return self._parse(key, self._fields[key], kind)

    def list(self, key: str, kind: Kind[T], *, required: bool = False, once: bool = False) -> tuple[T, ...]:
        """A YAML list, or words with spaces between; empty only where it need not be there.

        `once`: none may be in it twice.
        """
        if self._absent(key, required=required):
            return ()
        node = self._fields[key]
        if isinstance(node.content, dict):
            self.defect(key, f"{key} is not a list", "Write [one, two].")
        items = node.content if isinstance(node.content, list) else []
        if isinstance(node.content, str):
            items = [Node(node.place, word) for word in node.content.split()]
        if required and node.content == []:
            self.defect(key, f"{key} is empty", "Give at least one; docs/city-data.md shows one.")
        found = tuple(self._parse(key, item, kind) for item in items)
        if once and self.is_good(key) and len({*found}) < len(found):
            twice = next(one for one in found if found.count(one) > 1)
            self.defect(key, f"{key} names {str(twice)[:60]!r} twice", "Keep one of the two.")
        return found

    def text(self, key: str) -> Text:
        """A text in both languages: `{el: ..., en: ...}`."""
        child = self.child(key)
        both = Text(el=child.get("el", TEXT), en=child.get("en", TEXT))
        child.finish()
        return both

    def point(self) -> Point:
        """Columns `lon` and `lat`, or `position: [lon, lat]`, in degrees."""
        if "position" not in self._fields:
            return Point(self.get("lon", LON), self.get("lat", LAT))
        values = self.list("position", number(-180, 180, "degrees"))
        if not self.is_good("position"):
            return Point(0, 0)
        try:
            return Point(*values)
        except (TypeError, ValueError):
            self.defect("position", "the position is not a pair of degrees", "Write [longitude, latitude].")
            return Point(0, 0)

    def child(self, key: str) -> "Record":
        """The record in a field, the same at each call; an empty one where it is absent, which is reported."""
        if key not in self._children:
            self._absent(key, required=True)
            node = self._fields.get(key, Node(self.place, None))
            self._children[key] = (Record(f"{self.name}: {key}", node, self._defects),)
        return self._children[key][0]

    def node(self, key: str) -> Node:
        """The field as it stands, for somebody else to read; a mapping of nothing where it is absent."""
        return self._fields[key] if self.has(key) else Node(self.place, {})

    def children(self, key: str) -> "tuple[Record, ...]":
        """The records of a list in a field; none where it is absent."""
        if key not in self._children:
            items = enumerate(self._items(key), 1)
            self._children[key] = tuple(Record(f"{self.name}: {key} {n}", item, self._defects) for n, item in items)
        return self._children[key]

    def _items(self, key: str) -> "Sequence[Node]":
        if self._absent(key, required=False):
            return ()
        content = self._fields[key].content
        if content is not None and not isinstance(content, list):
            self.defect(key, f"{key} is not a list", "Begin each entry with `- `.")
        return content if isinstance(content, list) else ()

    def named(self) -> "Iterator[Record]":
        """Every field as a record of its own, where the keys are ids."""
        for key, node in self._fields.items():
            self._asked.add(key)
            record = Record(key, node, self._defects)
            try:
                SLUG.read(key)
            except Unreadable as error:
                record.defect("id", error.problem, error.remedy)
            yield record

    def finish(self) -> None:
        """Reports every field that nothing asked for."""
        for key in self._fields.keys() - self._asked:
            odd = odd_letter(key)
            problem = f"{self.name}: unknown key {key[:60]!r}{f': {odd}' * bool(odd)}"
            self._defects.add(self.place_of(key), problem, nearest(key, self._asked))

    def _absent(self, key: str, *, required: bool) -> bool:
        if self.has(key):
            return False
        if required and not self._hollow:
            self.defect(key, f"{key} is missing", f"Add {key}; docs/city-data.md shows one.")
        elif required:
            self._wrong.add(key)
        return True

    def _parse(self, key: str, node: Node, kind: Kind[T]) -> T:
        if isinstance(node.content, str):
            try:
                return kind.read(node.content)
            except Unreadable as error:
                self.defect(key, f"{key}: {error.problem}", error.remedy)
        elif node.content is not None:
            self.defect(key, f"{key} is not a single value", "Write `key: value` on one line.")
        self._wrong.add(key)
        return kind.blank


@dataclass(frozen=True, slots=True)
class Found(Generic[T_co]):
    """A thing as read, with the record that knows where its fields stand and which are wrong."""

    value: T_co
    record: Record


@dataclass(frozen=True, slots=True)
class Listing(Generic[T_co]):
    """All things of one kind. Where not `complete`, one of them may be what others refer to."""

    items: tuple[Found[T_co], ...]
    complete: bool = True

    @property
    def values(self) -> tuple[T_co, ...]:
        return tuple(found.value for found in self.items)


def listing(records: Iterable[Record], build: Callable[[Record], T], *, complete: bool) -> Listing[T]:
    """Builds every record, and reports the keys that it did not ask for."""
    items = []
    for record in records:
        items.append(Found(build(record), record))
        record.finish()
    return Listing(tuple(items), complete)


def by_id(path: Path, build: Callable[[Record], T], defects: Defects) -> Listing[T]:
    """A YAML file whose keys are ids."""
    node = read_yaml(path, defects)
    return listing(Record(path.name, node, defects).named(), build, complete=node.content is not None)


def rows(
    path: Path, columns: Sequence[str], build: Callable[[Record], T], defects: Defects, optional: Sequence[str] = ()
) -> Listing[T]:
    """A CSV file whose header names `columns`, and perhaps `optional` ones; a row is called after its first cell."""
    nodes = read_csv(path, columns, defects, optional)
    records = (Record(_first_cell(node, columns[0]), node, defects) for node in nodes or ())
    return listing(records, build, complete=nodes is not None)


def _first_cell(node: Node, column: str) -> str:
    cell = node.content[column].content if isinstance(node.content, dict) else None
    return cell[:64] if isinstance(cell, str) and cell else "row"
