"""The grammar of indented sections that IOS-like command lines share; each platform is one value of it.

hostname ap-0001
vlan 110
 name free-wifi
!
end
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope

_NOISE = re.compile(r"!|end|exit|exit-\S+|Building configuration\.\.\.|Current configuration ?:.*|Using \d+ .*")
_TOGGLES = ("shutdown",)
"""Settings that are always there, one way or the other: `no X` is a value, not an absence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """A platform whose configuration is lines and sections of lines. See Grammar for each promise."""

    name: str
    capabilities: Capabilities
    headers: tuple[str, ...]
    """Patterns of section headers, in the order in which sections may refer to earlier ones."""
    single: tuple[str, ...]
    """Beginnings of lines of which there is one at a time in its section: a new one replaces it."""
    scope: tuple[Scope, ...]
    lists: tuple[str, ...] = ()
    """Beginnings of lines that end in a comma-separated list of numbers, in which order means nothing."""
    permanent: str = r"(?!)"
    """Sections that are hardware: they stay when their lines go."""
    prepare: tuple[str, ...] = ("terminal length 0",)
    pipelined: bool = True
    prompt: str = r"[\w.-]+(?:\([\w-]+\))?[#>] ?"
    errors: str = r"\s*%.*"
    show_running: str = "show running-config"
    show_startup: str = "show startup-config"
    show_staged: str = ""

    def parse(self, text: str) -> Configuration:
        sections: dict[str, set[str]] = {TOP: set()}
        header = TOP
        for raw in text.splitlines():
            if not raw.strip() or _NOISE.fullmatch(raw.strip()):
                continue
            line = self._normal(raw)
            if raw.startswith(" "):
                sections[header].add(line)
                continue
            header = line if self._opens(line) else TOP
            sections.setdefault(header, set()).update([line] if header == TOP else [])
        if not any(sections.values()):
            raise ValueError(f"this is no configuration of {self.name}: {text[:60]!r}")
        return Configuration.of(sections)

    def render(self, configuration: Configuration) -> str:
        parts = [*sorted(configuration.lines(TOP))]
        for header in self._ordered(configuration.sections):
            parts += ["!", header, *(f" {line}" for line in sorted(configuration.lines(header)))]
        return "\n".join(["!", *parts, "!", "end", ""])

    def managed(self, running: Configuration, intended: Configuration) -> Configuration:
        ours = {
            header: frozenset(line for line in lines if self._ours(header, line, intended))
            for header, lines in running.sections.items()
        }
        kept = {h: lines for h, lines in ours.items() if h in intended.sections or self._exclusive(h)}
        return Configuration.of(kept)

    def remedy(self, running: Configuration, intended: Configuration) -> tuple[str, ...]:
        lines = self._changes(running.lines(TOP), intended.lines(TOP))
        for header in self._ordered(intended.sections):
            inside = self._changes(running.lines(header), intended.lines(header))
            if inside or header not in running.sections:
                lines += [header, *inside, "exit"]
        gone = [h for h in self._ordered(running.sections) if h not in intended.sections]
        return (*lines, *(f"no {header}" for header in reversed(gone)))

    def after(self, running: Configuration, lines: Sequence[str]) -> Configuration:
        sections = {header: set(found) for header, found in running.sections.items()}
        header = TOP
        for line in map(self._normal, lines):
            negated = line.removeprefix("no ")
            if line == "exit":
                header = TOP
            elif header == TOP and self._opens(line):
                header = line
                sections.setdefault(header, set())
            elif header == TOP and negated != line and self._opens(negated):
                self._remove_section(sections, negated)
            else:
                self._set(sections[header], line)
        return Configuration.of(sections)

    def arm(self, lines: Sequence[str], seconds: int) -> tuple[str, ...]:
        """The device counts in whole minutes."""
        del lines
        return (f"configure terminal revert timer {-(-seconds // 60)}",) if self.capabilities.timed_revert else ()

    def apply(self, lines: Sequence[str], seconds: int) -> tuple[str, ...]:
        del seconds
        opening = () if self.capabilities.timed_revert else ("configure terminal",)
        return (*opening, *lines, "end")

    def confirm(self) -> tuple[str, ...]:
        return ("configure confirm",) if self.capabilities.timed_revert else ()

    def save(self) -> tuple[str, ...]:
        return ("write memory",)

    def revert(self, inverse: Sequence[str]) -> tuple[str, ...]:
        return ("configure revert now",) if self.capabilities.timed_revert else ("configure terminal", *inverse, "end")

    def drop(self) -> tuple[str, ...]:
        return ("configure revert now",) if self.capabilities.timed_revert else ()

    def _normal(self, raw: str) -> str:
        line = " ".join(raw.split())
        for beginning in self.lists:
            if line.startswith(beginning + " "):
                return f"{beginning} {_numbers(line.removeprefix(beginning))}"
        return line

    def _opens(self, line: str) -> bool:
        return any(re.fullmatch(pattern, line) for pattern in self.headers)

    def _ordered(self, sections: Mapping[str, object]) -> list[str]:
        def place(header: str) -> tuple[int, str]:
            return next(i for i, pattern in enumerate(self.headers) if re.fullmatch(pattern, header)), header

        return sorted((header for header in sections if header != TOP), key=place)

    def _ours(self, header: str, line: str, intended: Configuration) -> bool:
        return line in intended.lines(header) or any(scope.owns(header, line) for scope in self.scope)

    def _exclusive(self, header: str) -> bool:
        return any(scope.exclusive and re.fullmatch(scope.header, header) for scope in self.scope)

    def _changes(self, before: frozenset[str], wanted: frozenset[str]) -> list[str]:
        added = sorted(wanted - before)
        settings = {self._setting(line) for line in added}
        gone = sorted(line for line in before - wanted if self._setting(line) not in settings)
        return [f"no {line}" for line in gone] + added

    def _setting(self, line: str) -> str:
        """What a line is a value of: two lines of one setting cannot stand beside each other."""
        bare = line.removeprefix("no ")
        if bare in _TOGGLES:
            return bare
        return next((s for s in self.single if line == s or line.startswith(s + " ")), line)

    def _set(self, lines: set[str], line: str) -> None:
        bare = line.removeprefix("no ")
        if bare != line and bare not in _TOGGLES:
            lines.discard(bare)
            return
        setting = self._setting(line)
        lines -= {other for other in lines if self._setting(other) == setting}
        lines.add(line)

    def _remove_section(self, sections: dict[str, set[str]], header: str) -> None:
        if re.fullmatch(self.permanent, header):
            sections[header] = set()
        else:
            sections.pop(header, None)


def _numbers(text: str) -> str:
    """`120,110-112` as `110,111,112,120`."""
    found: set[int] = set()
    for part in text.strip().split(","):
        first, _, last = part.strip().partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return ",".join(map(str, sorted(found)))
