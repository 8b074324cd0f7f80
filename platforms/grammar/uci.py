"""The grammar of named options, as OpenWrt's uci has them: staged, then applied at once with a way back.

The way back is rpcd's (rpcd, uci.c, rpc_uci_apply): `ubus call uci apply` takes the changes of one rpcd session, which
must have been given write access, commits them into /etc/config and restores what stood there unless the same session
confirms in time. So the changes that `uci set` staged in /tmp/.uci are handed to a session of ours, whose id waits in
/tmp for whoever confirms. rpcd forgets its timer when the device starts anew: what was applied is then what it starts
with, confirmed or not.

Nothing marks the end of what `uci show` writes. So the mark is the shell's: it is written only where uci ended well.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from city.model.city import Device
from city.model.wireless import RadiusServer, Ssid
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope
from platforms.grammar.secret import placed, taken_as_declared
from platforms.record import Misfit

_SECTION = re.compile(r"(?P<place>[\w-]+\.[\w@\[\]-]+)=(?P<type>[!-~]+)")
_OPTION = re.compile(r"(?P<place>[\w-]+\.[\w@\[\]-]+)\.(?P<option>[\w-]+)=(?P<value>.*)", re.DOTALL)
_QUOTED = r"'[^']*(?:'\\''[^']*)*'"
_ENTRY = re.compile(rf"[\w-]+\.[\w@\[\]-]+(?:\.[\w-]+)?=(?:{_QUOTED}(?: {_QUOTED})*|[^'\n]*)[ \t]*(?:\n|\Z)")
"""A section, or an option; what stands between quotes may have several lines."""
_TROUBLE = re.compile(r"uci: .*")
_WHOLE = "# whole"
_SESSION_FILE = "/tmp/asty.session"  # noqa: S108 - on the device, whose /tmp is its RAM and its only user root
_SESSION = f"$(cat {_SESSION_FILE})"
_SPARE_S = 600
"""The session outlives its timer by this, so that a late confirm is told what became of it."""
_SALTED = r"auth_secret=.+"
_UNORDERED = frozenset({"server"})
"""Options that hold several values, in which order means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A platform of named options. A section's header is `wireless.radio0=wifi-device`, a line `channel='6'`."""

    name: str
    capabilities: Capabilities
    scope: tuple[Scope, ...]
    configs: tuple[str, ...] = ("network", "system", "wireless")
    """The files of /etc/config that hold what is ours."""
    prepare: tuple[str, ...] = ("umask 077",)
    pipelined: bool = True
    prompt: str = r"[\w-]+@[\w.-]+:\S+[#$] ?"
    errors: str = r"uci: .*|Command failed: (?!No data).*|(?:ubus|-?ash|/bin/sh|sh|mv|cat|mkdir|jsonfilter): .*"
    """`No data` is the answer of a confirm where none waits."""
    show_running: str = f"uci show && echo '{_WHOLE}'"
    show_startup: str = ""
    """What it runs with stands in /etc/config, and so does what it starts with: there is no second copy."""
    show_staged: str = f"uci changes && echo '{_WHOLE}'"
    ends: str = _WHOLE
    log: str = r"(?!)"
    questions: tuple[tuple[str, str], ...] = ()

    def parse(self, text: str) -> Configuration:
        found = list(_entries(text))
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
        self._refuse_lack(text, sections)
        return Configuration.of(sections)

    def _refuse_lack(self, text: str, headers: Iterable[str]) -> None:
        """A file that uci cannot read is left out of what it shows, and the rest comes as if nothing were amiss."""
        trouble = next((line for line in text.splitlines() if _TROUBLE.fullmatch(line)), "")
        shown = {header.partition(".")[0] for header in headers}
        lacking = [config for config in self.configs if config not in shown]
        if trouble and lacking:
            raise ValueError(f"it cannot read /etc/config/{lacking[0]}: {trouble!r}")

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
        gone = [h for h in reversed(_real(running)) if h not in intended.sections]
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
        ours = f"/var/run/rpcd/uci-{_SESSION}"
        creates = f"ubus call session create '{{\"timeout\":{seconds + _SPARE_S}}}'"
        return (
            f"{creates} | jsonfilter -e '@.ubus_rpc_session' > {_SESSION_FILE}",
            _call("session grant", '"scope":"uci","objects":[["*","write"]]'),
            f"mkdir -p {ours} && mv /tmp/.uci/* {ours}/",
            _call("uci apply", f'"rollback":true,"timeout":{seconds}'),
        )

    def confirm(self) -> tuple[str, ...]:
        return (_call("uci confirm"),)

    def save(self) -> tuple[str, ...]:
        """Confirming saves."""
        return ()

    def revert(self, inverse: Sequence[str]) -> tuple[str, ...]:
        del inverse
        return (_call("uci rollback"),)

    def drop(self) -> tuple[str, ...]:
        return tuple(f"uci revert {config}" for config in self.configs)

    def _ours(self, header: str, lines: frozenset[str], intended: Configuration) -> frozenset[str]:
        """In scope, or a value of an option that we intend too."""
        options = {_option(line) for line in intended.lines(header)}
        ours = frozenset(
            line for line in lines if _option(line) in options or any(s.owns(header, line) for s in self.scope)
        )
        return taken_as_declared(ours, intended.lines(header), _SALTED)

    def _exclusive(self, header: str) -> bool:
        return any(scope.exclusive and re.fullmatch(scope.header, header) for scope in self.scope)


def _entries(text: str) -> Iterator[str]:
    """Each section and each option. Raises ValueError for a line that is neither, as of a text that is cut off."""
    text, at = text.replace("\r\n", "\n"), 0
    while at < len(text):
        found = _ENTRY.match(text, at)
        end = found.end() if found else text.find("\n", at) + 1 or len(text)
        line = text[at:end].strip()
        if found:
            yield line
        elif line and line != _WHOLE and not _TROUBLE.fullmatch(line):
            raise ValueError(f"this is no configuration of uci: {line[:60]!r}")
        at = end


def _call(method: str, arguments: str = "") -> str:
    """Of rpcd, in the name of our session."""
    rest = f",{arguments}" if arguments else ""
    return f"ubus call {method} '{{\"ubus_rpc_session\":\"'{_SESSION}'\"{rest}}}'"


def radius(servers: Sequence[RadiusServer]) -> list[str]:
    """The options of a network that ask the first server; hostapd's options in uci name one."""
    lines = []
    for server in servers[:1]:
        lines += [f"auth_server='{server.address}'", f"auth_port='{server.port}'"]
        lines += [] if server.secret is None else [f"auth_secret='{placed(server.secret)}'"]
    return lines


def asks_one_server(device: Device, ssids: Sequence[Ssid]) -> Iterator[Misfit]:
    """A network that should ask several RADIUS servers: such a box asks one, and would leave the others out."""
    for ssid in ssids:
        if len(ssid.radius) > 1:
            problem = f"{device.platform} asks one RADIUS server, and {device.id} should ask {len(ssid.radius)}"
            yield Misfit(thing=ssid, field="radius", problem=problem, remedy="Declare the one that it shall ask.")


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
