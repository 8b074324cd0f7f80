"""A value as it stands in a file of the city's data, with the file and the line of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True, order=True)
class Place:
    file: Path
    line: int


Content: TypeAlias = str | dict[str, "Node"] | list["Node"] | None


@dataclass(frozen=True, slots=True)
class Node:
    """One value and where it stands; a content of None was wrong and has been reported."""

    place: Place
    content: Content
