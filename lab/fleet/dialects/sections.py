"""The configuration lines of platforms with sections, as IOS-like devices have them.

A line is tried in the section that is open, then at the top level, as those devices do. `no` takes
a line or a section away; `shutdown` and `no shutdown` are the two values of one setting.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lab.fleet.config import Config, ConfigLine, lines_of, sections, without
from lab.fleet.dialects.grammar import SectionKind, Setting

INVALID = "% Invalid input detected at '^' marker."
FIXED = "% It is part of the device and cannot be removed."
GONE = "% This section was removed meanwhile."
_SHUT, _OPEN = "shutdown", "no shutdown"


class Rejected(Exception):  # noqa: N818 - the line was rejected; its message is what the device prints
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """What one device accepts. `fixed` sections are its hardware: they cannot be added or removed."""

    top: tuple[Setting, ...]
    kinds: tuple[SectionKind, ...]
    fixed: frozenset[str]
    defaults: Config
    """What it comes with; a single line that is taken away falls back to the one here."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Sections that cannot be removed although they are no hardware, and what it says to who tries."""

    def section(self, line: str) -> tuple[SectionKind, str] | None:
        """The kind and the canonical header of the section that `line` opens."""
        for kind in self.kinds:
            found = re.match(rf"{kind.keyword}(?=[\s\d])", line, re.IGNORECASE)
            name = kind.name(line[found.end() :].strip()) if found else None
            if name is not None:
                return kind, f"{kind.keyword} {name}"
        return None

    def kind_of(self, header: str) -> SectionKind:
        found = self.section(header)
        if found is None:
            raise ValueError(f"{header!r} opens no section of this device")
        return found[0]

    def prompt(self, section: str) -> str:
        return self.kind_of(section).prompt if section else "config"


def apply(grammar: Grammar, config: Config, section: str, line: str) -> tuple[Config, str]:
    """The configuration and the open section after `line`. Raises Rejected; then nothing has changed."""
    if section and ConfigLine(section, "") not in config:
        raise Rejected(GONE)
    removes = line.startswith("no ") and line != _OPEN
    body = line[3:].strip() if removes else line
    inside = _within(grammar, config, section, body, removes=removes)
    if inside is not None:
        return inside, section
    opened = grammar.section(body)
    if opened is not None:
        return _section(grammar, config, opened[1], section, removes=removes)
    raise Rejected(INVALID)


def _within(grammar: Grammar, config: Config, section: str, body: str, *, removes: bool) -> Config | None:
    """The configuration after a line of the open section, or else of the top level; None where it is of neither."""
    if section:
        kind = grammar.kind_of(section)
        if kind.switched and body in (_SHUT, _OPEN):
            return _put(config, section, body, drop=(_SHUT, _OPEN))
        changed = _setting(grammar, config, section, kind.settings, body, removes=removes)
        if changed is not None:
            return changed
    return _setting(grammar, config, "", grammar.top, body, removes=removes)


def _setting(  # noqa: PLR0913 - a line, where it stands and what is there
    grammar: Grammar, config: Config, section: str, settings: Iterable[Setting], body: str, *, removes: bool
) -> Config | None:
    for setting in settings:
        if removes and setting.about(body) and (not setting.many or setting.takes(body)):
            return _take(grammar, config, section, setting, body)
        if not removes and setting.takes(body):
            if body == setting.unsaid:
                return _take(grammar, config, section, setting, body)
            mine = [line for line in lines_of(config, section) if setting.about(line)]
            return _put(config, section, body, drop=() if setting.many else mine)
    return None


def _put(config: Config, section: str, text: str, drop: Iterable[str]) -> Config:
    gone = {ConfigLine(section, old) for old in drop}
    return (config - gone) | {ConfigLine(section, text)}


def _take(grammar: Grammar, config: Config, section: str, setting: Setting, body: str) -> Config:
    if setting.many:
        return config - {ConfigLine(section, body)}
    left = without(config, lambda line: line.section == section and setting.about(line.text))
    return left | {line for line in grammar.defaults if line.section == section and setting.about(line.text)}


def _section(grammar: Grammar, config: Config, header: str, at: str, *, removes: bool) -> tuple[Config, str]:
    if not removes:
        if _of_hardware(grammar, header) and header not in grammar.fixed:
            raise Rejected(INVALID)
        return _opened(grammar, config, header), header
    if header in grammar.fixed:
        raise Rejected(FIXED)
    if header in grammar.kept:
        raise Rejected(grammar.kept[header])
    return without(config, lambda line: line.section == header), "" if at == header else at


def _opened(grammar: Grammar, config: Config, header: str) -> Config:
    if ConfigLine(header, "") in config:
        return config
    state = {ConfigLine(header, _OPEN)} if grammar.kind_of(header).switched else set()
    return config | {ConfigLine(header, "")} | state


def _of_hardware(grammar: Grammar, header: str) -> bool:
    keyword = grammar.kind_of(header).keyword
    return any(fixed.startswith(f"{keyword} ") for fixed in grammar.fixed)


def render(grammar: Grammar, config: Config) -> str:
    """The text of `show running-config`, from the first `!` to `end`. What is not shut is not said."""
    out = ["!"]
    for setting in grammar.top[:1]:
        out += [*_sorted(line for line in lines_of(config, "") if setting.about(line)), "!"]
    for header in sorted(sections(config), key=lambda header: (_rank(grammar, header), natural(header))):
        out += [header, *(f" {line}" for line in _sorted(lines_of(config, header)) if line != _OPEN), "!"]
    rest = [line for line in lines_of(config, "") if not grammar.top[0].about(line)]
    return "\n".join([*out, *_sorted(rest), "!", "end"])


def parse(grammar: Grammar, text: str) -> Config:
    """What `render` printed. Raises Rejected at a line that is none."""
    config: Config = frozenset(line for line in grammar.defaults if line.section in grammar.fixed and not line.text)
    section = ""
    for line in text.splitlines():
        if line.strip() in ("", "!", "end"):
            continue
        config, section = apply(grammar, config, section if line.startswith(" ") else "", line.strip())
    opened = [header for header in sections(config) if grammar.kind_of(header).switched]
    return config | {ConfigLine(header, _OPEN) for header in opened if ConfigLine(header, _SHUT) not in config}


def _rank(grammar: Grammar, header: str) -> int:
    return grammar.kinds.index(grammar.kind_of(header))


def _sorted(lines: Iterable[str]) -> list[str]:
    """Settings first, in natural order; whether it is shut comes last, as on these devices."""
    return sorted(lines, key=lambda line: (line in (_SHUT, _OPEN), natural(line)))


def natural(text: str) -> list[tuple[int, str]]:
    """A sort key by which port 10 comes after port 9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text)]
