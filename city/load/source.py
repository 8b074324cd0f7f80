"""Text as people write it, with the file and line of every value kept.

Every scalar stays text: what it means is decided by the field that reads it, so `no` is never a
truth value by accident and money never passes through a float. Nothing in a file is ever executed:
YAML is composed into nodes only (libyaml), never constructed.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from city.load.defects import Defects, nearest
from city.load.encoding import Undecodable, decoded
from city.load.letters import odd_letter, unprintable
from city.located import Content, Node, Place

_TAG = "tag:yaml.org,2002:"
_SCALARS = {_TAG + kind for kind in ("str", "int", "float", "bool", "null", "timestamp")}
_DEEPEST = 20
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path, defects: Defects) -> str | None:
    """The file's text, as city.load.encoding reads it; None where it cannot be had, which is reported."""
    try:
        content = path.read_bytes()
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror})"
        defects.add(Place(path, 1), problem, "Write it; docs/city-data.md shows one.")
        return None
    try:
        return decoded(content)
    except Undecodable as error:
        defects.add(Place(path, error.line), error.problem, "Save the file as UTF-8.")
        return None


def read_yaml(path: Path, defects: Defects) -> Node:
    """The one mapping of a YAML file; its content is None where it has none, which is reported."""
    top = Place(path, 1)
    text = read_text(path, defects)
    if text is None:
        return Node(top, None)
    try:
        if (deep := _too_deep(text)) is not None:
            defects.add(Place(path, deep), f"values are nested more than {_DEEPEST} deep", "Flatten them.")
            return Node(top, None)
        tree = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        line = _line_of(error, text)
        defects.add(
            Place(path, line), f"this is not YAML ({_indentation(text, line) or _reason(error)})", "Mend the line."
        )
        return Node(top, None)
    if not isinstance(tree, yaml.MappingNode):
        defects.add(top, "the file holds no `key: value` lines", "docs/city-data.md shows one.")
        return Node(top, None)
    return _Composer(path, defects).node(tree, top)


def _too_deep(text: str) -> int | None:
    """The line on which values are nested too deep; None where none are. Composing such a text overflows C's stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST + 1:
            return int(event.start_mark.line) + 1 if event.start_mark else 1
    return None


def _line_of(error: yaml.YAMLError, text: str) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    if mark is not None:
        return int(min(mark.line, text.count("\n"))) + 1
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else 1


def _reason(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed")


def _indentation(text: str, line: int) -> str:
    """What stands before the words of a line where blanks should; empty where nothing does."""
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    return unprintable(here[: len(here) - len(here.lstrip())]) or ""


class _Composer:
    """Turns YAML's nodes into ours: no tags, no aliases, no key twice, no endless nesting."""

    def __init__(self, path: Path, defects: Defects) -> None:
        self._path, self._defects = path, defects
        self._seen: set[int] = set()

    def node(self, given: yaml.Node, place: Place, depth: int = 0) -> Node:
        return Node(place, self._content(given, place, depth))

    def _content(self, given: yaml.Node, place: Place, depth: int) -> Content:
        if id(given) in self._seen:
            self._defects.add(place, "an alias (*name) stands here", "Write the value out.")
            return None
        self._seen.add(id(given))
        if depth > _DEEPEST:
            self._defects.add(place, f"values are nested more than {_DEEPEST} deep", "Flatten them.")
            return None
        if isinstance(given, yaml.MappingNode) and given.tag == _TAG + "map":
            return self._mapping(given, depth)
        if isinstance(given, yaml.SequenceNode) and given.tag == _TAG + "seq":
            return [self.node(item, self._place(item), depth + 1) for item in given.value]
        if isinstance(given, yaml.ScalarNode) and given.tag in _SCALARS:
            return "" if given.tag == _TAG + "null" else str(given.value).strip()
        tag = given.tag.replace(_TAG, "!!")
        self._defects.add(place, f"the YAML tag {tag} stands here; tags are never executed", "Write plain data.")
        return None

    def _mapping(self, given: yaml.MappingNode, depth: int) -> dict[str, Node]:
        fields: dict[str, Node] = {}
        for key, value in given.value:
            place = self._place(key)
            if not isinstance(key, yaml.ScalarNode) or key.tag not in _SCALARS:
                self._defects.add(place, "a key is not a plain word", "Write `key: value`.")
            elif key.value in fields:
                first = fields[key.value].place.line
                self._defects.add(place, f"{key.value!r} is given twice, first on line {first}", "Keep one of the two.")
            else:
                fields[str(key.value)] = self.node(value, place, depth + 1)
        return fields

    def _place(self, given: yaml.Node) -> Place:
        return Place(self._path, given.start_mark.line + 1)


def read_csv(path: Path, columns: Sequence[str], defects: Defects, optional: Sequence[str] = ()) -> list[Node] | None:
    """One mapping per row, by the header's names; None where the table has no usable header."""
    text = read_text(path, defects)
    if text is None:
        return None
    if (separator := _separator(text, columns)) is not None:
        remedy = "Save it with commas, and numbers with decimal points."
        defects.add(Place(path, 1), f"the columns are separated by {separator}", remedy)
        return None
    rows = _rows(path, text, defects)
    place, header = next(rows, (Place(path, 1), []))
    if "".join(header).lower() == "sep=":  # how spreadsheets are told the comma
        place, header = next(rows, (Place(path, 1), []))
    header = _named(place, header, defects)
    if not _header_is_good(place, header, columns, optional, defects):
        return None
    good, odd = [], defaultdict[int, list[Place]](list)
    for place, cells in rows:
        trimmed = _trimmed(cells, len(header))
        if len(trimmed) == len(header):
            good.append(_row(place, header, trimmed))
        else:
            odd[len(trimmed)].append(place)
    _tell_odd(odd, len(header), defects)
    return good


def _rows(path: Path, text: str, defects: Defects) -> Iterator[tuple[Place, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Place(path, before + 1), [cell.strip() for cell in cells]
            before = reader.line_num
    except csv.Error as error:
        defects.add(
            Place(path, before + 1), f"this is not CSV ({error})", "Mend the quotes of the row that begins here."
        )


def _separator(text: str, columns: Sequence[str]) -> str | None:
    """What parts the columns where no comma does: by its name."""
    first = text.lstrip().partition("\n")[0]
    for sign, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        parts = [part.strip(' "\r') for part in first.split(sign)]
        if first.lower().startswith(f"sep={sign}") or (len(parts) > 1 and len({*parts} & {*columns}) > 1):
            return name
    return None


def _named(place: Place, header: list[str], defects: Defects) -> list[str]:
    """The columns without those at the end that have no name, which are reported once."""
    named = len(header)
    while named and not header[named - 1]:
        named -= 1
    if 0 < named < len(header):
        problem = f"{len(header) - named} of the columns at the end have no name"
        defects.add(place, problem, "Remove the commas at the ends of the lines.")
    return header[:named]


def _header_is_good(
    place: Place, header: Sequence[str], columns: Sequence[str], optional: Sequence[str], defects: Defects
) -> bool:
    before = len(defects)
    for name in sorted(set(header) - {*columns, *optional}):
        odd = odd_letter(name)
        defects.add(place, f"unknown column {name!r}{f': {odd}' * bool(odd)}", nearest(name, (*columns, *optional)))
    for name in sorted({name for name in header if header.count(name) > 1}):
        defects.add(place, f"column {name!r} is given twice", "Keep one of the two.")
    missing = [name for name in columns if name not in header]
    if missing:
        defects.add(place, f"missing column{'s' * (len(missing) > 1)} {', '.join(missing)}", "Add to the first line.")
    return len(defects) == before


def _trimmed(cells: list[str], named: int) -> list[str]:
    """A row without its empty cells under no column."""
    return cells if any(cells[named:]) else cells[:named]


def _tell_odd(odd: Mapping[int, list[Place]], width: int, defects: Defects) -> None:
    """Rows of another width than the header's: those that are alike are one mistake."""
    for cells, places in odd.items():
        more = f", and so have {len(places) - 1} more rows" if len(places) > 1 else ""
        problem = f"the row has {cells} cell{'s' * (cells != 1)} where the header has {width}{more}"
        defects.add(places[0], problem, "Part its cells by commas as the first line does; quote a cell that holds one.")


def _row(place: Place, header: Sequence[str], cells: Sequence[str]) -> Node:
    fields: Mapping[str, Node] = {name: Node(place, cell) for name, cell in zip(header, cells, strict=True)}
    return Node(place, dict(fields))
