"""MikroTik RouterOS 7 on access points with the `wireless` package: `/export terse`, a timer of our own, MIKROTIK-MIB.

The grammar follows what `/export terse` prints: a menu, `add` or `set`, `[ find KEY=VALUE ]`, and only what is not the
factory's value. That package knows neither OWE nor WPA3, so the data may put only open networks on this family.

The way back is a scheduler entry that loads a binary backup, made before the first line; the device starts anew with
it. Safe mode would undo by itself too, but belongs to one session: it undoes when that session ends well, waits nine
minutes for one that broke off, and cannot be confirmed from a second session, which alone proves that the device can
be reached. An export cannot be imported over what is there. The entry outlasts a reboot, and confirming removes it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from city.model.city import City, Device
from city.model.wireless import AccessPoint, Band, Radio, Security, Ssid, frequency_ghz
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope
from platforms.mibs import ENABLED, HOST, INTERFACES, SYSTEM
from platforms.profile import Column, Profile, RadioView
from platforms.record import Hardware, Kind, Misfit, Platform, RadioHardware
from platforms.variables import AccessPointVariables, Wlan, of_access_point

_WIRELESS, _BRIDGED = "/interface wireless", "/interface bridge port"
_PROFILES = f"{_WIRELESS} security-profiles"
_IDENTITY, _SNMP = "/system identity", "/snmp"
_NTP, _LOG = "/system ntp client", "/system logging"
_SERVERS, _ACTION = f"{_NTP} servers", f"{_LOG} action"
_ORDER = (_IDENTITY, _SNMP, _NTP, _SERVERS, _ACTION, _LOG, _PROFILES, _WIRELESS, _BRIDGED)
"""Menus whose entries refer only to those before them."""
_KEYS = {
    _BRIDGED: "interface",
    _SERVERS: "address",
    _LOG: "action",
    "/interface bridge vlan": "vlan-ids",
    "/ip address": "address",
}
"""What tells the entries of a menu apart, where it is not their name."""
_FACTORY = {_WIRELESS: {"disabled": "yes", "default-forwarding": "yes"}, _PROFILES: {"mode": "none"}}
"""What an export leaves out, of the options that are ours."""
_WHICH = r"(?: \[ ?find (?P<find>[^\]]*?) ?])?(?P<word> [\w-]+(?= |$))?"
_LINE = re.compile(rf"(?P<menu>/[a-z][a-z0-9/ -]*?) (?P<verb>add|set|remove){_WHICH}(?P<rest> .*)?")
_PAIR = re.compile(r'(?P<key>[\w.!-]+)=(?P<value>"(?:[^"\\]|\\.)*"|[^\s"]*)')
_PLAIN = re.compile(r"[\w.:/,+@-]+")
_TIMER = "asty"
_GAIN_DBI = 2
"""Of the antennas of a wAP ac, at 2.4 GHz and at 5 GHz (its data sheet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terse:
    """See Grammar. A section's header is `/interface wireless name=x`, a line `ssid=free`."""

    name: str
    scope: tuple[Scope, ...]
    capabilities: Capabilities = Capabilities(candidate=False, timed_revert=True)  # noqa: RUF009 - frozen, so shared safely
    prepare: tuple[str, ...] = ()
    pipelined: bool = False
    prompt: str = r"\[[^\]\s]+@[^\]\n]+\] (?:/[\w/ -]*)?> ?"
    errors: str = (
        r"(?:failure: |bad command name|expected |syntax error|input does not match|no such item|invalid value"
        r"|ambiguous value|value of |not enough permissions|unknown parameter|missing value).*"
    )
    show_running: str = "/export terse"
    show_startup: str = ""
    """What it is told it keeps at once: there is no second copy."""
    show_staged: str = ""
    ends: str = r"[#/].*"
    """A line that is not cut off; nothing marks the end of the whole."""

    def parse(self, text: str) -> Configuration:
        sections: dict[str, set[str]] = {}
        for line in filter(None, map(str.strip, text.splitlines())):
            found = None if line.startswith("#") else _LINE.fullmatch(line)
            if found is not None:
                header, options = _read(found)
                sections.setdefault(header, set()).update(options)
        if not sections:
            raise ValueError(f"this is no configuration of {self.name}: {text[:60]!r}")
        for header, options in sections.items():
            said = {_key(option) for option in options}
            options |= {f"{key}={value}" for key, value in _FACTORY.get(_menu(header), {}).items() if key not in said}
        return Configuration.of(sections)

    def render(self, configuration: Configuration) -> str:
        lines = (_written("add" if _is_added(h) else "set", h, configuration.lines(h)) for h in _real(configuration))
        return "\n".join([*lines, ""])

    def managed(self, running: Configuration, intended: Configuration) -> Configuration:
        kept: dict[str, Iterable[str]] = {}
        for header in _real(running):
            options = {_key(line) for line in intended.lines(header)}
            if header in intended.sections:
                kept[header] = [line for line in running.lines(header) if _key(line) in options]
            elif any(scope.exclusive and scope.covers(header) for scope in self.scope):
                kept[header] = ()
        return Configuration.of(kept)

    def remedy(self, running: Configuration, intended: Configuration) -> tuple[str, ...]:
        gone = [h for h in reversed(_real(running)) if h not in intended.sections]
        lines = [f"{_menu(header)} remove {_find(header)}" for header in gone]
        for header in _real(intended):
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
            header, options = _read(found)
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


def _read(found: re.Match[str]) -> tuple[str, set[str]]:
    """The header of what a line is about, and the options that it sets."""
    menu, pairs = found["menu"], dict(_pairs(found["rest"] or ""))
    if found["find"]:
        return f"{menu} {found['find'].strip()}", {f"{key}={value}" for key, value in pairs.items()}
    key = _KEYS.get(menu, "name")
    if found["verb"] == "set":
        return menu + (found["word"] or ""), {f"{name}={value}" for name, value in pairs.items()}
    if key not in pairs:
        return f"{menu} {' '.join(f'{k}={v}' for k, v in sorted(pairs.items()))}", set()
    identity = pairs.pop(key)
    return f"{menu} {key}={identity}", {f"{name}={value}" for name, value in pairs.items()}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for found in _PAIR.finditer(text):
        value = found["value"]
        yield found["key"], re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _written(verb: str, header: str, options: Iterable[str]) -> str:
    pairs = [_quoted(option) for option in sorted(options)]
    if verb == "add":
        return " ".join([_menu(header), "add", _quoted(_identity(header)), *pairs])
    return " ".join([_menu(header), "set", *([_find(header)] if _identity(header) else []), *pairs])


def _quoted(option: str) -> str:
    key, _, value = option.partition("=")
    if _PLAIN.fullmatch(value):
        return option
    return f'{key}="' + re.sub(r'(["\\$?])', r"\\\1", value) + '"'


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


def _real(configuration: Configuration) -> list[str]:
    def place(header: str) -> tuple[int, str]:
        return _ORDER.index(_menu(header)) if _menu(header) in _ORDER else len(_ORDER), header

    return sorted((header for header in configuration.sections if header != TOP), key=place)


def configuration(v: AccessPointVariables) -> Configuration:
    sections: dict[str, list[str]] = {
        _IDENTITY: [f"name={v.base.hostname}"],
        _SNMP: [f"location={v.base.location}"],
        _NTP: ["enabled=yes"],
        **{f"{_SERVERS} address={server}": [] for server in v.base.ntp_servers},
        f"{_LOG} action=city": ["topics=info"],
        f"{_ACTION} name=city": [f"remote={v.base.syslog_server}", "target=remote"],
        f"{_PROFILES} name=city-open": ["mode=none"],
    }
    for hardware, radio in v.radios.items():
        sections[f"{_WIRELESS} default-name={hardware}"] = ["disabled=yes"]
        if radio is not None:
            sections |= _radio(hardware, radio, v.wlans)
    return Configuration.of(sections)


def _radio(hardware: str, radio: Radio, wlans: Sequence[Wlan]) -> Mapping[str, list[str]]:
    """The first network is the radio's own interface, each other a virtual one on it."""
    own, *others = wlans
    sections = {
        f"{_WIRELESS} default-name={hardware}": [
            f"frequency={frequency_ghz(radio.band, radio.channel) * 1000:.0f}",
            "mode=ap-bridge",
            f"tx-power={radio.eirp_dbm - _GAIN_DBI:g}",
            "tx-power-mode=all-rates-fixed",
            *_network(own),
        ],
        f"{_BRIDGED} interface={hardware}": ["bridge=bridge"],
    }
    for wlan in others:
        name = f"city-{wlan.id}-{hardware}"
        sections[f"{_WIRELESS} name={name}"] = [f"master-interface={hardware}", *_network(wlan)]
        sections[f"{_BRIDGED} interface={name}"] = ["bridge=bridge"]
    return sections


def _network(wlan: Wlan) -> list[str]:
    return [
        f"ssid={wlan.ssid}",
        "security-profile=city-open",
        f"vlan-id={wlan.vlan}",
        "vlan-mode=use-tag",
        f"default-forwarding={'no' if wlan.isolated else 'yes'}",
        "disabled=no",
    ]


def _intend(city: City, device: Device) -> Configuration:
    return configuration(of_access_point(city, device, HARDWARE))


def misfits(device: Device, ssids: Sequence[Ssid]) -> Iterator[Misfit]:
    """A network that the package cannot protect as declared, and a power below what the antennas alone give."""
    for ssid in ssids:
        if ssid.security is not Security.OPEN:
            problem = f"{device.platform} cannot send a network of security {ssid.security}, as {device.id} should"
            remedy = "Let access points of another platform send it, or declare it open."
            yield Misfit(thing=ssid, field="security", problem=problem, remedy=remedy)
    for radio in device.radios if isinstance(device, AccessPoint) else ():
        if radio.eirp_dbm < _GAIN_DBI:
            problem = f"{radio.eirp_dbm:g} dBm is less than the antennas of {device.platform} alone give"
            remedy = f"Declare at least {_GAIN_DBI} dBm."
            yield Misfit(thing=device, field=f"eirp_{radio.band}_dbm", problem=problem, remedy=remedy)


GRAMMAR = Terse(
    name="routeros",
    scope=(
        Scope(header=rf"{_IDENTITY}|{_SNMP}|{_NTP}", lines=r"(?:name|location|enabled)=.*"),
        Scope(header=rf"{_SERVERS} address=.+", lines=".*", exclusive=True),
        Scope(header=rf"{_ACTION} name=city|{_LOG} action=city", lines=".*", exclusive=True),
        Scope(header=rf"{_PROFILES} name=city-\S+", lines=".*", exclusive=True),
        Scope(header=rf"{_WIRELESS} default-name=\S+", lines=r"disabled=.*"),
        Scope(header=rf"{_WIRELESS} name=.+", lines=".*", exclusive=True),
        Scope(header=rf"{_BRIDGED} interface=city-\S+", lines=".*", exclusive=True),
    ),
)

HARDWARE = Hardware(
    port="ether1",
    radios=(RadioHardware(name="wlan1", band=Band.GHZ_2_4), RadioHardware(name="wlan2", band=Band.GHZ_5)),
)

_AP = "1.3.6.1.4.1.14988.1.1.1.3.1"
"""MIKROTIK-MIB, mtxrWlApEntry: a row for each interface that sends a network, by its ifIndex.

Whether it sends is told by ifAdminStatus. ifOperStatus is up only while a client is connected (MikroTik's manual of the
wireless package, disable-running-check), and a radio that nobody uses at night is not shut.
"""

_SSID = Column(metric="mtxrWlApSsid", oid=f"{_AP}.4", label="ifIndex")
_FREQUENCY = Column(metric="mtxrWlApFreq", oid=f"{_AP}.7", label="ifIndex", unit="MHz")
_BAND = Column(metric="mtxrWlApBand", oid=f"{_AP}.8", label="ifIndex")
_BANDS = (
    *((f"2ghz-{modes}", Band.GHZ_2_4) for modes in ("b", "b/g", "b/g/n", "g/n", "onlyg", "onlyn")),
    *((f"5ghz-{modes}", Band.GHZ_5) for modes in ("a", "a/n", "a/n/ac", "n/ac", "onlyn", "onlyac")),
)
"""Each value that `band` of an interface takes (MikroTik's manual of the wireless package)."""

PROFILE = Profile(
    scalars=SYSTEM,
    tables=(
        *INTERFACES,
        ENABLED,
        *HOST,
        Column(metric="mtxrWlApTxRate", oid=f"{_AP}.2", label="ifIndex", unit="bit/s"),
        Column(metric="mtxrWlApRxRate", oid=f"{_AP}.3", label="ifIndex", unit="bit/s"),
        _SSID,
        Column(metric="mtxrWlApClientCount", oid=f"{_AP}.6", label="ifIndex"),
        _FREQUENCY,
        _BAND,
        Column(metric="mtxrWlApNoiseFloor", oid=f"{_AP}.9", label="ifIndex", unit="dBm"),
        Column(metric="mtxrWlApOverallTxCCQ", oid=f"{_AP}.10", label="ifIndex", unit="percent"),
    ),
    radios=RadioView(channel=_FREQUENCY, band=_BAND, bands=_BANDS, state=ENABLED, ssid=_SSID),
)

PLATFORM = Platform(
    name="routeros",
    kind=Kind.ACCESS_POINT,
    hardware=HARDWARE,
    grammar=GRAMMAR,
    intend=_intend,
    profile=PROFILE,
    misfits=misfits,
)
