"""The rule of one promise while it is read: the keys beside the promise, and the data files that they name."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from city.load.defects import Defects
from city.load.kinds import Kind, Unreadable
from city.load.record import Listing, Record, rows
from city.load.source import read_yaml
from city.located import Node
from city.model.promises import Promise

T = TypeVar("T")

_FILE = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}\.(csv|yaml)")


def _file(text: str) -> str:
    if not _FILE.fullmatch(text):
        raise Unreadable(f"{text[:60]!r} is no data file", "Name a .csv or .yaml file of the city's folder.")
    return text


FILE = Kind(_file, "-")


@dataclass(frozen=True, slots=True)
class Declaration:
    """Every defect is reported with its file and line, a blank stands in for what is wrong, and reading goes on."""

    rule: Record
    folder: Path
    defects: Defects

    def file(self, key: str) -> str:
        """The name of the data file that the rule names under `key`."""
        return self.rule.get(key, FILE)

    def rows(self, key: str, columns: Sequence[str], build: Callable[[Record], T]) -> Listing[T]:
        """The rows of the CSV file that the rule names under `key`; none where the rule names none."""
        name = self.file(key)
        if not self.rule.is_good(key):
            return Listing((), complete=False)
        return rows(self.folder / name, columns, build, self.defects)

    def mapping(self, key: str) -> Record:
        """The YAML file that the rule names under `key`; a record that reports nothing where the rule names none."""
        name = self.file(key)
        if not self.rule.is_good(key):
            return Record(key, Node(self.rule.place_of(key), None), self.defects)
        return Record(name, read_yaml(self.folder / name, self.defects), self.defects)


def declaration(promise: Promise, folder: Path, defects: Defects) -> Declaration:
    return Declaration(Record(f"{promise.id}: rule", promise.rule, defects), folder, defects)
