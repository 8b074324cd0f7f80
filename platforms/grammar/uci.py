"""The grammar of named options, as OpenWrt's uci has them: staged, then applied at once with a way back."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope

_SECTION = re.compile(r"(?P<place>[\w-]+\.[\w@\[\]-]+)=(?P<type>[\w-]+)")
_OPTION = re.compile(r"(?P<place>[\w-]+\.[\w@\[\]-]+)\.(?P<option>[\w-]+)=(?P<value>.*)")
_UNORDERED = frozenset({"server"})
"""Options that hold several values, in which order means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A platform of named options. A section's header is `wireless.radio0=wifi-device`, a line `channel='6'`."""

    name: str
    capabilities: Capabilities
    scope: tuple[Scope, ...]
    prepare: tuple[str, ...] = ()
    pipelined: bool = True
    prompt: str = r"[\w-]+@[\w.-]+:\S+[#$] ?"
    errors: str = r"uci: .*|(?:Command failed|ubus|-?ash|/bin/sh|sh): .*"
    show_running: str = "uci show"
    show_startup: str = "cat /etc/startup"
    show_staged: str = "uci changes"

    def parse(self, text: str) -> Configuration:
        found = [line.strip() for line in text.splitlines() if line.strip()]
        headers = {m["place"]: line for line in found if (m := _SECTION.fullmatch(line))}
        sections: dict[str, set[str]] = {header: set() for header in headers.values()}
        for option in filter(None, map(_OPTION.fullmatch, found)):
            if option["place"] not in headers:
                raise ValueError(f"option {option[0]!r} stands in no section")
            sections[headers[option["place"]]].add(_line(option["option"], option["value"]))
        for header, lines in sections.items():
            if header.endswith("=wifi-device") and "disabled" not in map(_option, lines):
                lines.add("disabled='0'")
        if not sections:
            raise ValueError(f"this is no configuration of {self.name}: {text[:60]!r}")
        return Configuration.of(sections)

    def render(self, configuration: Configuration) -> str:
        lines: list[str] = []
        for header in _real(configuration):
            lines += [header, *(f"{_place(header)}.{line}" for line in sorted(configuration.lines(header)))]
        return "\n".join([*lines, ""])

    def managed(self, running: Configuration, intended: Configuration) -> Configuration:
        wanted = {_place(header) for header in _real(intended)}
        ours = {header: self._ours(header, running.lines(header), intended) for header in _real(running)}
        return Configuration.of({h: lines for h, lines in ours.items() if _place(h) in wanted or self._exclusive(h)})

    def remedy(self, running: Configuration, intended: Configuration) -> tuple[str, ...]:
        gone = [h for h in _real(running) if h not in intended.sections]
        commands = [f"uci delete {_place(header)}" for header in gone]
        for header in _real(intended):
            if header not in running.sections:
                commands.append(f"uci set {header}")
            commands += _changes(_place(header), running.lines(header), intended.lines(header))
        return tuple(commands)

    def after(self, running: Configuration, lines: Sequence[str]) -> Configuration:
        sections = {header: set(found) for header, found in running.sections.items()}
        for command in lines:
            verb, _, rest = command.removeprefix("uci ").partition(" ")
            if verb == "delete":
                _delete(sections, rest)
            elif _SECTION.fullmatch(rest):
                sections.setdefault(rest, set())
            else:
                _set(sections, rest)
        return Configuration.of(sections)

    def arm(self, lines: Sequence[str], seconds: int) -> tuple[str, ...]:
        """Staging changes nothing; the timer starts with the apply itself, in one command."""
        del seconds
        return tuple(lines)

    def apply(self, lines: Sequence[str], seconds: int) -> tuple[str, ...]:
        del lines
        arguments = json.dumps({"rollback": True, "timeout": seconds}, separators=(",", ":"))
        return (f"ubus call uci apply '{arguments}'",)

    def confirm(self) -> tuple[str, ...]:
        return ("ubus call uci confirm",)

    def save(self) -> tuple[str, ...]:
        """Confirming saves."""
        return ()

    def revert(self, inverse: Sequence[str]) -> tuple[str, ...]:
        del inverse
        return ("ubus call uci rollback",)

    def drop(self) -> tuple[str, ...]:
        return ("uci revert",)

    def _ours(self, header: str, lines: frozenset[str], intended: Configuration) -> frozenset[str]:
        """In scope, or a value of an option that we intend too."""
        options = {_option(line) for line in intended.lines(header)}
        return frozenset(
            line for line in lines if _option(line) in options or any(s.owns(header, line) for s in self.scope)
        )

    def _exclusive(self, header: str) -> bool:
        return any(scope.exclusive and re.fullmatch(scope.header, header) for scope in self.scope)


def _real(configuration: Configuration) -> list[str]:
    return sorted(header for header in configuration.sections if header != TOP)


def _place(header: str) -> str:
    return header.partition("=")[0]


def _line(option: str, value: str) -> str:
    if option in _UNORDERED:
        value = "'" + " ".join(sorted(re.sub(r"'\s+'", " ", value).strip("'").split())) + "'"
    return f"{option}={value}"


def _option(line: str) -> str:
    return line.partition("=")[0]


def _changes(place: str, before: frozenset[str], wanted: frozenset[str]) -> Iterable[str]:
    kept = {_option(line) for line in wanted}
    for line in sorted(before - wanted):
        if _option(line) not in kept:
            yield f"uci delete {place}.{_option(line)}"
    for line in sorted(wanted - before):
        yield f"uci set {place}.{line}"


def _delete(sections: dict[str, set[str]], place: str) -> None:
    for header in [h for h in sections if h != TOP]:
        if _place(header) == place:
            del sections[header]
        elif place.startswith(_place(header) + "."):
            option = place.removeprefix(_place(header) + ".")
            sections[header] = {line for line in sections[header] if _option(line) != option}


def _set(sections: dict[str, set[str]], assignment: str) -> None:
    match = _OPTION.fullmatch(assignment)
    if match is None:
        raise ValueError(f"{assignment!r} sets nothing")
    header = next(h for h in sections if h != TOP and _place(h) == match["place"])
    kept = {line for line in sections[header] if _option(line) != match["option"]}
    sections[header] = kept | {_line(match["option"], match["value"])}
