"""The grammar of indented sections that IOS-like command lines share; each platform is one value of it.

hostname ap-0001
vlan 110
 name free-wifi
!
end
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from platforms.grammar import interfaces, vlans
from platforms.grammar.blanks import squeezed
from platforms.grammar.blocks import blocks
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope
from platforms.grammar.secret import taken_as_declared

SHUT, OPEN = "shutdown", "no shutdown"
"""One setting that is always there, one way or the other: `no shutdown` is a value, not an absence."""
IDLE = frozenset({SHUT})
"""What hardware is set to that nobody uses."""
_VLANS = re.compile(r"vlan (\d[\d,-]*)")


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
    salted: str = r"(?!)"
    """Lines that hold a secret, which a device shows salted or not at all (platforms.grammar.secret)."""
    lists: tuple[str, ...] = ()
    """Beginnings of lines that end in a set of VLANs."""
    permanent: str = r"(?!)"
    """Sections that are hardware: they stay when their lines go. One that is not shut is open, printed or not."""
    unprinted: tuple[str, ...] = ()
    """Lines that say what holds anyway: some devices print them, some do not."""
    spelled: tuple[tuple[str, str], ...] = (
        (r'(description|name|snmp-server location) "(.*)"', r"\1 \2"),
        (r"logging (\d+(?:\.\d+){3})", r"logging host \1"),
    )
    """Whole lines that some devices write in another way, and how the line is written here: a text that stands in
    quotes, and a command of an older release."""
    released_first: str = r"(?!)"
    """Sections that hold what only one may hold at a time, as an address: they go before others come."""
    ios_names: bool = True
    """Interfaces are called as IOS calls them (platforms.grammar.interfaces)."""
    prepare: tuple[str, ...] = ("terminal length 0", "terminal width 511")
    questions: tuple[tuple[str, str], ...] = (
        (r"\W*-+ ?more ?-+\W*|<-+ ?more ?-+>|more: <space>.*", " "),
        (r".*\[confirm\]\s*", "\n"),
        (r".*(?:\[yes/no\]|\(yes/no\))[:?]*\s*", "yes\n"),
        (r".*(?:\[y/n\]|\(y/n\))[:?]*\s*", "y\n"),
    )
    """The next page; and whether what was typed is meant: it is planned, and the way back is ready."""
    pipelined: bool = True
    prompt: str = r"[\w.-]+(?:\([\w-]+\))?[#>] ?"
    errors: str = r"\s*%.*"
    show_running: str = "show running-config"
    show_startup: str = "show startup-config"
    show_staged: str = ""
    ends: str = "end"
    log: str = (
        r"(?:[^\n%]{0,60}(?:\d\d:\d\d:\d\d[^\n%]{0,30}|\d+[ywdh]\d+[wdhm]):? ?)?"
        r"%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-[0-7]-[A-Z0-9_]+: [^\n]*"
    )
    """With the time, the time since the start (`1w2d`) or neither; the severities are those of RFC 5424."""

    def of(self, sections: Mapping[str, Iterable[str]]) -> Configuration:
        """A configuration in normal form: equal meaning is equal value, whoever wrote it."""
        return Configuration.of({header: self._settled(header, lines) for header, lines in sections.items()})

    def parse(self, text: str) -> Configuration:
        sections: dict[str, list[str]] = {TOP: []}
        for block in blocks(text):
            for header in self._headers(block.header):
                if block.lines or self._opens(header):
                    sections.setdefault(header, []).extend(block.lines)
                else:
                    sections[TOP].append(header)
        if not any(sections.values()):
            raise ValueError(f"this is no configuration of {self.name}: {text[:60]!r}")
        return self.of(sections)

    def render(self, configuration: Configuration) -> str:
        parts = [*sorted(configuration.lines(TOP))]
        for header in self._ordered(configuration.sections):
            parts += ["!", header, *(f" {line}" for line in sorted(configuration.lines(header)))]
        return "\n".join(["!", *parts, "!", "end", ""])

    def managed(self, running: Configuration, intended: Configuration) -> Configuration:
        kept: dict[str, Iterable[str]] = {}
        for header, lines in running.sections.items():
            wanted = intended.sections.get(header)
            if self._foreign(header, lines, wanted):
                kept |= {} if wanted is None else {header: wanted}
            elif wanted is not None or self._exclusive(header):
                kept[header] = self._ours(header, lines, wanted or frozenset())
        return Configuration.of(kept)

    def remedy(self, running: Configuration, intended: Configuration) -> tuple[str, ...]:
        gone = [h for h in reversed(self._ordered(running.sections)) if h not in intended.sections]
        first = [h for h in gone if re.fullmatch(self.released_first, h)]
        lines = [f"no {header}" for header in first]
        lines += self._changes(running.lines(TOP), intended.lines(TOP))
        for header in self._ordered(intended.sections):
            inside = self._changes(running.lines(header), intended.lines(header))
            if inside or header not in running.sections:
                lines += [header, *inside, "exit"]
        return (*lines, *(f"no {header}" for header in gone if header not in first))

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
        return self.of(sections)

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

    def _headers(self, line: str) -> tuple[str, ...]:
        """What a line at the margin names: several sections where it lists or spans them."""
        if "\n" in line:
            return (line,)
        line = squeezed(line)
        kind, _, names = line.partition(" ")
        if self.ios_names and kind.lower() == "interface":
            return tuple(f"interface {name}" for name in interfaces.spread(names))
        found = _VLANS.fullmatch(line)
        if found is not None and self._opens(f"vlan {found[1].partition(',')[0].partition('-')[0]}"):
            return tuple(f"vlan {number}" for number in sorted(vlans.numbers(found[1])))
        return (line,)

    def _settled(self, header: str, lines: Iterable[str]) -> frozenset[str]:
        """Lines of a section in normal form: sets of VLANs made one, defaults said or unsaid alike on all devices."""
        found: set[str] = set()
        sets: dict[str, frozenset[int]] = {}
        for line in lines:
            plain = line if "\n" in line else self._spelled(squeezed(line))
            beginning = next((known for known in self.lists if plain.startswith(known + " ")), None)
            if beginning is None:
                found.add(plain)
            else:
                sets[beginning] = vlans.read(plain.removeprefix(beginning), sets.get(beginning, frozenset()))
        found |= {f"{beginning} {vlans.spell(held)}" for beginning, held in sets.items()}
        if re.fullmatch(self.permanent, header) and SHUT not in found:
            found.add(OPEN)
        return frozenset(found - set(self.unprinted))

    def _spelled(self, line: str) -> str:
        for pattern, ours in self.spelled:
            if found := re.fullmatch(pattern, line):
                return found.expand(ours)
        return line

    def _normal(self, line: str) -> str:
        bare = line.removeprefix("no ")
        headers = self._headers(bare)
        if len(headers) == 1 and self._opens(headers[0]):
            return line.removesuffix(bare) + headers[0]
        (settled,) = self._settled(TOP, [line]) or (line,)
        return settled

    def _opens(self, line: str) -> bool:
        return any(re.fullmatch(pattern, line) for pattern in self.headers)

    def _ordered(self, sections: Mapping[str, object]) -> list[str]:
        def place(header: str) -> tuple[int, str]:
            last = len(self.headers)
            return next((i for i, pattern in enumerate(self.headers) if re.fullmatch(pattern, header)), last), header

        return sorted((header for header in sections if header != TOP), key=place)

    def _ours(self, header: str, lines: frozenset[str], wanted: frozenset[str]) -> frozenset[str]:
        """In scope, or a value of a setting that we intend too."""
        settings = {self._setting(line) for line in wanted}
        scopes = [scope for scope in self.scope if scope.covers(header)]
        ours = frozenset(
            line
            for line in lines
            if self._setting(line) in settings or any(re.fullmatch(scope.lines, line) for scope in scopes)
        )
        return taken_as_declared(ours, wanted, self.salted)

    def _foreign(self, header: str, lines: frozenset[str], wanted: frozenset[str] | None) -> bool:
        """Whether a section that nobody declares may be somebody else's: it is used, and does not bear our mark."""
        scope = next((scope for scope in self.scope if scope.mark and scope.covers(header)), None)
        if scope is None or any(re.fullmatch(scope.mark, line) for line in lines):
            return False
        if wanted is None:
            return True
        return wanted == IDLE and any(scope.owns(header, line) for line in lines - {SHUT, OPEN})

    def _exclusive(self, header: str) -> bool:
        return any(scope.exclusive and scope.covers(header) for scope in self.scope)

    def _changes(self, before: frozenset[str], wanted: frozenset[str]) -> list[str]:
        added = sorted(wanted - before)
        settings = {self._setting(line) for line in added}
        gone = sorted(line for line in before - wanted if self._setting(line) not in settings)
        return [f"no {line}" for line in gone if line not in (SHUT, OPEN)] + added

    def _setting(self, line: str) -> str:
        """What a line is a value of: two lines of one setting cannot stand beside each other."""
        if line in (SHUT, OPEN):
            return SHUT
        return next((s for s in self.single if line == s or line.startswith(s + " ")), line)

    def _set(self, lines: set[str], line: str) -> None:
        bare = line.removeprefix("no ")
        if line not in {bare, OPEN}:
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
