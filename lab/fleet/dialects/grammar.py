"""The lines that a platform with sections accepts, as data."""

import re
from collections.abc import Callable
from dataclasses import dataclass

Test = Callable[[str], bool]


def word(value: str) -> bool:
    return re.fullmatch(r"[\w.:/-]+", value) is not None


def text(value: str) -> bool:
    return value.isprintable() and "?" not in value


def squeezed(line: str) -> str:
    """One blank between words, and none at the ends; what stands between double quotes is left as it is."""
    parts = re.split(r'("[^"]*")', line)
    parts[::2] = [re.sub(r"\s+", " ", part) for part in parts[::2]]
    return "".join(parts).strip()


def unquoted(value: str) -> str:
    """What is meant by a value that was typed in double quotes or without."""
    return value[1:-1] if re.fullmatch('"[^"]*"', value) else value


def within(low: int, high: int) -> Test:
    return lambda value: value.isascii() and value.isdigit() and low <= int(value) <= high


def level(high: float) -> Test:
    """A power in dBm, in tenths at the finest."""
    return lambda value: re.fullmatch(r"\d{1,2}(\.\d)?", value) is not None and float(value) <= high


def matching(pattern: str) -> Test:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def address(value: str) -> bool:
    parts = value.split(".")
    return len(parts) == 4 and all(within(0, 255)(part) for part in parts)  # noqa: PLR2004 - octets of IPv4


def addresses(count: int) -> Test:
    return lambda value: len(value.split()) == count and all(map(address, value.split()))


def vlans(value: str) -> bool:
    return all(within(1, 4094)(end) for part in value.split(",") for end in part.split("-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A line `KEY VALUE` of which a section has one, or several where `many`; without `accepts` a line `KEY`."""

    key: str
    accepts: Test | None = None
    many: bool = False
    unsaid: str = ""
    """The line that says the default, which such a device takes and never shows."""

    def takes(self, line: str) -> bool:
        if self.accepts is None:
            return line == self.key
        return line.startswith(f"{self.key} ") and self.accepts(line[len(self.key) + 1 :])

    def about(self, line: str) -> bool:
        """Whether the line starts as one of these do, whatever follows."""
        return line == self.key or (self.accepts is not None and line.startswith(f"{self.key} "))


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionKind:
    """A kind of section. `name` reads the rest of its header and gives its canonical form, or None."""

    keyword: str
    name: Callable[[str], str | None]
    prompt: str
    settings: tuple[Setting, ...]
    switched: bool = False
    """Whether `shutdown` and `no shutdown` are a setting of it."""


def named(test: Test) -> Callable[[str], str | None]:
    return lambda rest: rest if test(rest) else None


def numbered(pattern: str) -> Callable[[str], str | None]:
    """Interface numbers, with or without a blank before them."""
    compiled = re.compile(rf"\s*({pattern})")

    def read(rest: str) -> str | None:
        found = compiled.fullmatch(rest)
        return found[1] if found else None

    return read
