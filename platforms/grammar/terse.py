"""The grammar of a console of menus and items, as RouterOS exports it: `/export terse`, a line to each item.

/interface wireless set [ find default-name=wlan1 ] ssid="TOWN FREE"

It follows what `/export terse` prints: a menu, `add` or `set`, `[ find KEY=VALUE ]`, and only what is not the factory's
value. Nothing marks the end of an export. So it is asked for in one line with the mark that is to follow: the console
runs the second command only where the first ended well. From RouterOS 7.11 on, a menu that cannot be exported stands
in the text as `#error exporting "/interface/wireless" (timeout)`, and an export that somebody broke off ends in
`#interrupted` (MikroTik's manual, Configuration Management).

The way back is a scheduler entry that loads a binary backup, made before the first line; the device starts anew with
it. Safe mode would undo by itself too, but belongs to one session: it undoes when that session ends well, waits nine
minutes for one that broke off, and cannot be confirmed from a second session, which alone proves that the device can
be reached. An export cannot be imported over what is there. The entry outlasts a reboot, and confirming removes it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope

_FIND = r"(?P<find>(?:\"(?:[^\"\\]|\\.)*\"|[^\]\"])*?)"
_WHICH = rf"(?: \[ ?find {_FIND} ?])?(?P<word> [\w-]+(?= |$))?"
_LINE = re.compile(rf"(?P<menu>/[a-z][a-z0-9/ -]*?) (?P<verb>add|set|remove){_WHICH}(?P<rest> .*)?")
_PAIR = re.compile(r'(?P<key>[\w.!-]+)=(?P<value>"(?:[^"\\]|\\.)*"|[^\s"]*)')
_PLAIN = re.compile(r"[\w.:/,+@-]+", re.ASCII)
_ESCAPED = re.compile(rb"\\(?:([0-9A-F]{2})|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"_": b" ", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_PRINTABLE = range(32, 127)
_FOLDED = re.compile(r"\\\r?\n[ \t]*")
"""An export without `terse` goes on in the next line, after a backslash."""
_WHOLE = "# whole"
_LACKS = re.compile(r'#error exporting "?(?P<menu>/[^"(]*?)"?(?: \(.*)?')
_BROKEN_OFF = "#interrupted"
_TIMER = "asty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terse:
    """See Grammar. A section's header is `/interface wireless name=x`, a line `ssid=free`."""

    name: str
    scope: tuple[Scope, ...]
    order: tuple[str, ...]
    """Menus that hold what is ours, each after those to whose entries its own refer."""
    keys: Mapping[str, str]
    """What tells the entries of a menu apart, where it is not their name."""
    factory: Mapping[str, Mapping[str, str]]
    """What an export leaves out, of the options that are ours."""
    capabilities: Capabilities = Capabilities(candidate=False, timed_revert=True)  # noqa: RUF009 - frozen, so shared safely
    prepare: tuple[str, ...] = ()
    pipelined: bool = False
    prompt: str = r"\[[^\]\s]+@[^\]\n]+\] (?:/[\w/ -]*)?> ?"
    errors: str = (
        r"(?:failure: |bad command name|expected |syntax error|input does not match|no such item|invalid value"
        r"|ambiguous value|value of |not enough permissions|unknown parameter|missing value).*"
    )
    show_running: str = f'/export terse; :put "{_WHOLE}"'
    show_startup: str = ""
    """What it is told it keeps at once: there is no second copy."""
    show_staged: str = ""
    ends: str = _WHOLE
    log: str = r"(?:[a-z]{3}/\d\d/\d{4} |\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d echo: [\w,]+ .*"
    """What happens and is `critical`, the console writes into every session."""
    questions: tuple[tuple[str, str], ...] = (
        (r".*software license\? \[Y/n\]:\s*", "n"),
        (r".*-- \[Q quit.*\]\s*", " "),
    )
    """At the first login of all; and for the next page."""

    def parse(self, text: str) -> Configuration:
        sections: dict[str, set[str]] = {}
        for line in filter(None, map(str.strip, _FOLDED.sub("", text).splitlines())):
            self._refuse_lack(line)
            found = None if line.startswith("#") else _LINE.fullmatch(line)
            if not line.startswith(("#", "/")):
                raise ValueError(f"this is no configuration of {self.name}: {line[:60]!r}")
            if found is not None:
                header, options = self._read(found)
                sections.setdefault(header, set()).update(options)
        if not sections:
            raise ValueError(f"this is no configuration of {self.name}: {text[:60]!r}")
        for header, options in sections.items():
            said = {_key(option) for option in options}
            options |= {
                f"{key}={value}" for key, value in self.factory.get(_menu(header), {}).items() if key not in said
            }
        return Configuration.of(sections)

    def _refuse_lack(self, line: str) -> None:
        """An export without a menu of ours is not whole; that another menu is missing is told in the text itself."""
        lacks = _LACKS.fullmatch(line)
        menu = "/" + lacks["menu"].strip("/ ").replace("/", " ") if lacks else ""
        if line == _BROKEN_OFF or any(f"{ours} ".startswith(f"{menu} ") for ours in self.order if menu):
            raise ValueError(f"it could not export all of its configuration: {line!r}")

    def render(self, configuration: Configuration) -> str:
        lines = (
            _written("add" if _is_added(h) else "set", h, configuration.lines(h)) for h in self._real(configuration)
        )
        return "\n".join([*lines, ""])

    def managed(self, running: Configuration, intended: Configuration) -> Configuration:
        kept: dict[str, Iterable[str]] = {}
        for header in self._real(running):
            options = {_key(line) for line in intended.lines(header)}
            if header in intended.sections:
                kept[header] = [line for line in running.lines(header) if _key(line) in options]
            elif any(scope.exclusive and scope.covers(header) for scope in self.scope):
                kept[header] = ()
        return Configuration.of(kept)

    def remedy(self, running: Configuration, intended: Configuration) -> tuple[str, ...]:
        gone = [h for h in reversed(self._real(running)) if h not in intended.sections]
        lines = [f"{_menu(header)} remove {_find(header)}" for header in gone]
        for header in self._real(intended):
            changed = intended.lines(header) - running.lines(header)
            if header not in running.sections and _is_added(header):
                lines.append(_written("add", header, intended.lines(header)))
            elif changed:
                lines.append(_written("set", header, changed))
        return tuple(lines)

    def after(self, running: Configuration, lines: Sequence[str]) -> Configuration:
        sections = {header: set(found) for header, found in running.sections.items()}
        for line in lines:
            found = _LINE.fullmatch(line)
            if found is None:
                raise ValueError(f"{line!r} is no line of {self.name}")
            header, options = self._read(found)
            if found["verb"] == "remove":
                sections.pop(header, None)
                continue
            said = {_key(option) for option in options}
            kept = {option for option in sections.get(header, set()) if _key(option) not in said}
            sections[header] = kept | options
        return Configuration.of(sections)

    def arm(self, lines: Sequence[str], seconds: int) -> tuple[str, ...]:
        del lines
        load = f'/system backup load name={_TIMER} password=\\"\\"'
        return (
            f"/system backup save name={_TIMER} dont-encrypt=yes",
            f'/system scheduler add name={_TIMER} interval={seconds}s on-event="{load}"',
        )

    def apply(self, lines: Sequence[str], seconds: int) -> tuple[str, ...]:
        del seconds
        return tuple(lines)

    def confirm(self) -> tuple[str, ...]:
        """The backup holds every secret of the device, so it goes with the timer."""
        return (
            f"/system scheduler remove [ find name={_TIMER} ]",
            f"/file remove [ find name={_TIMER}.backup ]",
        )

    def save(self) -> tuple[str, ...]:
        return ()

    def revert(self, inverse: Sequence[str]) -> tuple[str, ...]:
        """By inverse lines, without a reboot; where one is refused, the timer still runs."""
        return (*inverse, *self.confirm())

    def drop(self) -> tuple[str, ...]:
        return self.confirm()

    def _read(self, found: re.Match[str]) -> tuple[str, set[str]]:
        """The header of what a line is about, and the options that it sets."""
        menu, pairs = found["menu"], dict(_pairs(found["rest"] or ""))
        if found["find"]:
            return f"{menu} {_joined(_pairs(found['find'])) or found['find'].strip()}", _options(pairs)
        key = self.keys.get(menu, "name")
        if found["verb"] == "set":
            return menu + (found["word"] or ""), _options(pairs)
        if key not in pairs:
            return f"{menu} {_joined(sorted(pairs.items()))}", set()
        identity = pairs.pop(key)
        return f"{menu} {key}={identity}", _options(pairs)

    def _real(self, configuration: Configuration) -> list[str]:
        def place(header: str) -> tuple[int, str]:
            menu = _menu(header)
            return self.order.index(menu) if menu in self.order else len(self.order), header

        return sorted((header for header in configuration.sections if header != TOP), key=place)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for found in _PAIR.finditer(text):
        value = found["value"]
        yield found["key"], _plain(value[1:-1]) if value.startswith('"') else value


def _joined(pairs: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"{key}={value}" for key, value in pairs)


def _options(pairs: Mapping[str, str]) -> set[str]:
    return {f"{key}={value}" for key, value in pairs.items()}


def _plain(inside: str) -> str:
    """What stands between quotes: letters that are no ASCII come as the octets of UTF-8, `\\CE\\94`."""

    def octets(found: re.Match[bytes]) -> bytes:
        return bytes.fromhex(found[1].decode()) if found[1] else _LETTERS.get(found[2], found[2])

    return _ESCAPED.sub(octets, inside.encode(errors="surrogateescape")).decode(errors="surrogateescape")


def _written(verb: str, header: str, options: Iterable[str]) -> str:
    pairs = [_quoted(option) for option in sorted(options)]
    if verb == "add":
        return " ".join([_menu(header), "add", _quoted(_identity(header)), *pairs])
    return " ".join([_menu(header), "set", *([_find(header)] if _identity(header) else []), *pairs])


def _quoted(option: str) -> str:
    """`key=value` as an export writes it; so it can be typed as well, whatever letters the terminal knows."""
    key, _, value = option.partition("=")
    if _PLAIN.fullmatch(value):
        return option
    escaped = re.sub(r'(["\\$?])', r"\\\1", value).encode(errors="surrogateescape")
    return f'{key}="' + "".join(chr(o) if o in _PRINTABLE else f"\\{o:02X}" for o in escaped) + '"'


def _menu(header: str) -> str:
    return header[: len(header) - len(_identity(header))].rstrip()


def _identity(header: str) -> str:
    """What comes after the menu: from the first word that is a pair."""
    found = re.search(r"[\w-]+=", header)
    return header[found.start() :] if found else ""


def _find(header: str) -> str:
    return f"[ find {_quoted(_identity(header))} ]"


def _is_added(header: str) -> bool:
    return bool(_identity(header)) and not _identity(header).startswith("default")


def _key(option: str) -> str:
    return option.partition("=")[0]
