"""The named options of OpenWrt's uci, as data: a place, a type, values. What they mean, uci does not ask.

A section is named `wireless.radio0`; its lines are its type (`=wifi-device`) and its options (`channel=6`, unquoted
here, quoted where they are shown). The values of a list stand in one line with a unit separator between them.
"""

import re
import shlex

from lab.fleet.config import Config, ConfigLine, lines_of, sections, without
from lab.fleet.dialects.sections import natural

INVALID, MISSING = "uci: Invalid argument", "uci: Entry not found"
SECTION = re.compile(r"[\w-]+\.(?:\w+|@[\w-]+\[\d+\])", re.ASCII)
_OPTION = re.compile(r"(?P<section>[\w-]+\.(?:\w+|@[\w-]+\[\d+\]))\.(?P<key>\w+)", re.ASCII)
_TYPE = re.compile(r"[!-~]+")
_BETWEEN = "\x1f"


def option(config: Config, section: str, name: str) -> str | None:
    """The value, or the first of a list; the type where the name is empty; None where it is not set."""
    return next(iter(values(config, section, name)), None)


def values(config: Config, section: str, name: str) -> list[str]:
    found = (line[len(name) + 1 :] for line in lines_of(config, section) if line.startswith(f"{name}="))
    return next((text.split(_BETWEEN) for text in found), [])


def of_type(config: Config, package: str, kind: str) -> list[str]:
    """The sections of a package that are of this type."""
    found = [name for name in sections(config) if name.startswith(f"{package}.") and option(config, name, "") == kind]
    return sorted(found, key=natural)


def assign(config: Config, name: str, given: str) -> Config | str:
    """The configuration after `uci set NAME=GIVEN`, or what uci answers instead."""
    if SECTION.fullmatch(name):
        return _typed(config, name, given)
    found = _OPTION.fullmatch(name)
    if found is None:
        return INVALID
    return _put(config, found["section"], found["key"], [given])


def add_to_list(config: Config, name: str, given: str) -> Config | str:
    found = _OPTION.fullmatch(name)
    if found is None:
        return INVALID
    return _put(config, found["section"], found["key"], [*values(config, found["section"], found["key"]), given])


def _put(config: Config, section: str, key: str, given: list[str]) -> Config | str:
    if not _has_package(config, section):
        return MISSING
    if option(config, section, "") is None or any(_BETWEEN in value for value in given):
        return INVALID
    return _without(config, section, key) | {ConfigLine(section, f"{key}={_BETWEEN.join(given)}")}


def _typed(config: Config, section: str, kind: str) -> Config | str:
    if not _has_package(config, section):
        return MISSING
    if "@" in section or not _TYPE.fullmatch(kind):
        return config if option(config, section, "") == kind else INVALID
    return _without(config, section, "") | {ConfigLine(section, ""), ConfigLine(section, f"={kind}")}


def _has_package(config: Config, section: str) -> bool:
    """uci makes no package: its file is there, or is not."""
    package = section.partition(".")[0]
    return any(name.startswith(f"{package}.") for name in sections(config))


def delete(config: Config, name: str) -> Config | str:
    """The configuration after `uci delete NAME`, or what uci answers instead."""
    if SECTION.fullmatch(name):
        return without(config, lambda line: line.section == name) if name in sections(config) else MISSING
    found = _OPTION.fullmatch(name)
    if found is None or option(config, found["section"], found["key"]) is None:
        return MISSING
    return _without(config, found["section"], found["key"])


def _without(config: Config, section: str, key: str) -> Config:
    return without(config, lambda line: line.section == section and line.text.startswith(f"{key}="))


def shown(line: ConfigLine) -> str:
    """As `uci show` has it."""
    key, _, given = line.text.partition("=")
    return f"{line.section}.{key}={_quoted(given)}" if key else f"{line.section}={given}"


def _quoted(given: str) -> str:
    return " ".join("'" + value.replace("'", "'\\''") + "'" for value in given.split(_BETWEEN))


def printed(config: Config) -> list[str]:
    """Sorted by section, each section's type before its options."""
    said = [line for line in config if line.text]
    return [shown(line) for line in sorted(said, key=lambda line: (natural(line.section), line.text))]


def changes(was: Config, willed: Config) -> list[str]:
    """As `uci changes` has them: what is taken away, then what is set."""
    replaced = {(line.section, line.text.partition("=")[0]) for line in willed - was}
    gone = [line for line in was - willed if line.text and (line.section, line.text.partition("=")[0]) not in replaced]
    come = sorted((line for line in willed - was if line.text), key=lambda line: (natural(line.section), line.text))
    return [
        *(f"-{shown(line).partition('=')[0]}" for line in sorted(gone)),
        *(shown(line) if line.text[0] != "=" else f"{line.section}={_quoted(line.text[1:])}" for line in come),
    ]


def parse(text: str) -> Config:
    """What `printed` printed. Raises ValueError at a line that is none of uci's."""
    found: set[ConfigLine] = set()
    for line in text.splitlines():
        name, _, given = line.partition("=")
        place = _OPTION.fullmatch(name)
        if SECTION.fullmatch(name):
            found |= {ConfigLine(name, ""), ConfigLine(name, f"={given}")}
        elif place is not None:
            found.add(ConfigLine(place["section"], f"{place['key']}={_BETWEEN.join(shlex.split(given))}"))
        else:
            raise ValueError(f"{line}: {INVALID}")
    return frozenset(found)
