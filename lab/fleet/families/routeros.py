"""routeros: an access point of MikroTik with RouterOS 7, its console and MIKROTIK-MIB (enterprise 14988).

Two radios: `wlan1` for 2.4 GHz and `wlan2` for 5 GHz; one cable, `ether1`, bridged with both. Each change runs and is
saved at once. There is no timed revert: a scheduler is one that runs lines which undo, or loads a backup, and then the
box starts anew; it outlives a reboot. Whatever a command says, its exit status is 0.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from city.model.wireless import Band, frequency_ghz
from lab.fleet.box import Hardware
from lab.fleet.config import Config, ConfigLine
from lab.fleet.dialects.dialect import Answer, Session
from lab.fleet.dialects.menus import Accepts, Console, Menu, Refused
from lab.fleet.facts import Facts, PortFacts, RadioFacts
from lab.fleet.family import Family
from lab.fleet.radio import CHANNELS, MOST_DBM, can_send
from lab.fleet.state import DeviceState, Revert, run, save
from lab.fleet.views import system
from lab.fleet.views.interfaces import WIRELESS, Interface, Shows, interfaces, radio, uplink
from lab.fleet.views.moment import Moment, downstream, split, upstream
from lab.fleet.views.objects import Content, Object, Row, constant, scalar, table, text
from lab.fleet.views.shape import Shape
from snmp.pdu import Kind

NAME, _VERSION, _MODEL = "routeros", "7.12.1", "RBwAPG-5HacD2HnD"
BANDS = (Band.GHZ_2_4, Band.GHZ_5)
RADIOS, PORT = ("wlan1", "wlan2"), "ether1"
_GAIN_DBI = 2
"""Of the antennas that are built in (data sheet of the wAP ac): `tx-power` is what the radio puts into them."""
_NO_VALUE = "input does not match any value of {}"


def _any(value: str, config: Config) -> str:
    del value, config
    return ""


def _one_of(*allowed: str) -> Accepts:
    return lambda value, _config: "" if value in allowed else _NO_VALUE


def _within(low: int, high: int) -> Accepts:
    def says(value: str, _config: Config) -> str:
        if not re.fullmatch(r"-?\d+", value):
            return "invalid value for argument {}"
        return "" if low <= int(value) <= high else f"value of {{}} out of range ({low}..{high})"

    return says


def _matching(pattern: str) -> Accepts:
    return lambda value, _config: "" if re.fullmatch(pattern, value) else "invalid value for argument {}"


def _named_in(*paths: str, also: tuple[str, ...] = ()) -> Accepts:
    """The name of an item of one of these menus."""

    def says(value: str, config: Config) -> str:
        known = {item.get("name") for path in paths for item in CONSOLE.items(config, path)}
        return "" if value in known or value in also else _NO_VALUE

    return says


_BRIDGE, _ETHERNET, _VLAN, _WLAN = (f"/interface {kind}" for kind in ("bridge", "ethernet", "vlan", "wireless"))
_PROFILES, _SCHEDULER, _ACTIONS = f"{_WLAN} security-profiles", "/system scheduler", "/system logging action"
_IDENTITY, _SNMP = "/system identity", "/snmp"
_interface = _named_in(_BRIDGE, _ETHERNET, _VLAN, _WLAN)
_YES_NO = _one_of("yes", "no")
_ADDRESS = _matching(r"\d{1,3}(\.\d{1,3}){3}")
CONSOLE = Console(
    {
        _BRIDGE: Menu(
            accepts={"name": _any, "comment": _any, "vlan-filtering": _YES_NO, "disabled": _YES_NO},
            defaults={"vlan-filtering": "no", "disabled": "no"},
        ),
        _WLAN: Menu(
            accepts={
                "antenna-gain": _within(0, 4294967295),
                "band": _any,
                "channel-width": _any,
                "comment": _any,
                "country": _any,
                "default-forwarding": _YES_NO,
                "disabled": _YES_NO,
                "hide-ssid": _YES_NO,
                "frequency": _matching(r"auto|\d{4}"),
                "master-interface": _one_of(*RADIOS),
                "name": _any,
                "mode": _one_of("station", "ap-bridge", "bridge", "alignment-only", "station-bridge"),
                "security-profile": _named_in(_PROFILES, also=("default",)),
                "ssid": _matching(r".{0,32}"),
                "tx-power": _within(-30, 40),
                "vlan-id": _within(1, 4095),
                "tx-power-mode": _one_of("default", "card-rates", "all-rates-fixed", "manual-table"),
                "vlan-mode": _one_of("no-tag", "use-tag", "use-service-tag"),
                "wps-mode": _one_of("disabled", "push-button", "push-button-virtual-only"),
            },
            defaults={
                "antenna-gain": "0",
                "channel-width": "20mhz",
                "country": "etsi",
                "default-forwarding": "yes",
                "disabled": "yes",
                "hide-ssid": "no",
                "mode": "station",
                "security-profile": "default",
                "ssid": "MikroTik",
                "tx-power-mode": "default",
                "vlan-id": "1",
                "vlan-mode": "no-tag",
                "wps-mode": "push-button",
            },
            hardware=RADIOS,
            needs=("master-interface",),
        ),
        _ETHERNET: Menu(accepts={"comment": _any, "disabled": _YES_NO}, defaults={"disabled": "no"}, hardware=(PORT,)),
        _VLAN: Menu(
            accepts={
                "interface": _interface,
                "name": _any,
                "vlan-id": _within(1, 4094),
                "comment": _any,
                "disabled": _YES_NO,
            },
            defaults={"disabled": "no"},
            needs=("interface", "vlan-id"),
        ),
        _PROFILES: Menu(
            accepts={
                "name": _any,
                "authentication-types": _any,
                "eap-methods": _any,
                "supplicant-identity": _any,
                "mode": _one_of("none", "static-keys-optional", "static-keys-required", "dynamic-keys"),
            },
            defaults={"mode": "none", "eap-methods": "passthrough"},
        ),
        f"{_BRIDGE} port": Menu(
            accepts={"bridge": _named_in(_BRIDGE), "interface": _interface, "pvid": _within(1, 4094), "comment": _any},
            defaults={"pvid": "1"},
            needs=("bridge", "interface"),
        ),
        "/ip address": Menu(
            accepts={"address": _matching(r"\d{1,3}(\.\d{1,3}){3}/\d{1,2}"), "interface": _interface, "comment": _any},
            needs=("address", "interface"),
        ),
        "/ip dhcp-client": Menu(accepts={"interface": _interface, "comment": _any}, needs=("interface",)),
        "/radius": Menu(accepts={"address": _ADDRESS, "service": _any, "secret": _any, "comment": _any}),
        _SNMP: Menu(
            accepts={"enabled": _YES_NO, "location": _any, "contact": _any}, defaults={"enabled": "no"}, single=True
        ),
        _IDENTITY: Menu(accepts={"name": _any}, defaults={"name": "MikroTik"}, single=True),
        "/system logging": Menu(
            accepts={
                "topics": _any,
                "prefix": _any,
                "action": _named_in(_ACTIONS, also=("memory", "disk", "echo", "remote")),
            },
            defaults={"action": "memory"},
        ),
        _ACTIONS: Menu(
            accepts={"name": _any, "remote": _ADDRESS, "remote-port": _within(0, 65535), "target": _any},
            defaults={"remote-port": "514", "target": "memory"},
            needs=("name",),
        ),
        "/system ntp client": Menu(accepts={"enabled": _YES_NO}, defaults={"enabled": "no"}, single=True),
        "/system ntp client servers": Menu(accepts={"address": _any}, needs=("address",)),
        _SCHEDULER: Menu(
            accepts={
                "name": _any,
                "interval": _matching(r"(\d+[wdhms]?)+|\d\d:\d\d:\d\d"),
                "on-event": _any,
                "policy": _any,
                "start-date": _any,
                "start-time": _any,
                "comment": _any,
            },
        ),
    }
)
_BOX = frozenset(
    {
        ConfigLine(_BRIDGE, "add comment=defconf name=bridge"),
        *(
            ConfigLine(f"{_BRIDGE} port", f"add bridge=bridge comment=defconf interface={name}")
            for name in (PORT, *RADIOS)
        ),
        ConfigLine("/ip dhcp-client", "add comment=defconf interface=bridge"),
        ConfigLine(_SNMP, "set enabled=yes"),
    }
)
"""Out of the box: it can be reached through the bridge, and its radios are disabled."""
_UNITS_S: Mapping[str, int] = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1, "": 1}
_LOADS = re.compile(r"/?system[ /]backup[ /]load name=\"?(?P<name>[\w.-]+)\"?( password=\S*)?")
_SAVES = re.compile(r"/?system[ /]backup[ /]save name=\"?(?P<name>[\w.-]+)\"?( dont-encrypt=(yes|no)| password=\S*)*")
_REMOVES = re.compile(r"/?file remove \[ ?find name=\"?(?P<name>[\w.-]+)\"? ?]")


def _seconds(interval: str) -> int:
    if ":" in interval:
        hours, minutes, seconds = map(int, interval.split(":"))
        return hours * 3600 + minutes * 60 + seconds
    return sum(int(number) * _UNITS_S[unit] for number, unit in re.findall(r"(\d+)([wdhms]?)", interval))


def scheduled(state: DeviceState, now: float) -> DeviceState:
    """What the first scheduler will do is known at any moment: run its script on what runs now, or load a backup."""
    timers = [item for item in CONSOLE.items(state.running, _SCHEDULER) if _seconds(item.get("interval", "0s"))]
    if not timers:
        return replace(state, revert=None)
    at = now + _seconds(timers[0]["interval"]) if state.revert is None else state.revert.at
    source = timers[0].get("on-event", "")
    loaded = _LOADS.fullmatch(source)
    if loaded is None:
        after = _script(state.running, source)
    else:
        kept = state.files.get(f"{loaded['name']}.backup")
        after = state.running if kept is None else CONSOLE.parse(kept)
    reboots = loaded is not None and f"{loaded['name']}.backup" in state.files
    return replace(state, revert=Revert(at=at, to=after, saved=after, lasts=True, reboots=reboots))


def _script(config: Config, source: str) -> Config:
    """Its commands in turn, up to the first that fails."""
    menu = ""
    for line in filter(None, map(str.strip, re.split(r";|\r?\n", source))):
        if _menu(line, menu) in CONSOLE.menus:
            menu = _menu(line, menu)
            continue
        try:
            config = CONSOLE.changed(config, line, menu)
        except Refused:
            return config
    return config


def _menu(line: str, at: str) -> str:
    words = " ".join(line.replace("/", " ").split())
    return f"/{words}" if line.startswith("/") else f"{at} {words}"


class RouterOs:
    """A Dialect."""

    user = "admin"

    def factory(self, hardware: Hardware) -> Config:
        del hardware
        return _BOX

    def prompt(self, state: DeviceState, session: Session) -> str:
        where = f"/{session.section[1:].replace(' ', '/')}" if session.section else ""
        return f"[{self.user}@{CONSOLE.value(state.running, _IDENTITY, 'name')}] {where}> "

    def question(self, session: Session) -> str:
        return session.asking

    def answer(self, state: DeviceState, session: Session, line: str, now: float) -> Answer:
        line = line.strip()
        if session.asking:
            return Answer(state=state, reboots=line.lower() == "y")
        if line in ("", "/") or line.startswith("#"):
            return Answer(state=state, session=Session() if line == "/" else session)
        if line in ("quit", "/quit"):
            return Answer(state=state, leaves=True)
        if _menu(line, session.section) in CONSOLE.menus:
            return Answer(state=state, session=Session(section=_menu(line, session.section)))
        return self._files(state, session, line, now) or self._shown(state, session, line, now)

    def _files(self, state: DeviceState, session: Session, line: str, now: float) -> Answer | None:
        if saves := _SAVES.fullmatch(line):
            files = {**state.files, f"{saves['name']}.backup": self.print(state.running, state.hardware)}
            said = "Saving system configuration\nConfiguration backup saved"
            return Answer(state=scheduled(replace(state, files=files), now), session=session, text=said)
        if removes := _REMOVES.fullmatch(line):
            files = {name: content for name, content in state.files.items() if name != removes["name"]}
            return Answer(state=scheduled(replace(state, files=files), now), session=session)
        return None

    def _shown(self, state: DeviceState, session: Session, line: str, now: float) -> Answer:
        words = line.lstrip("/").replace("/", " ").split()
        if words == ["system", "reboot"]:
            return Answer(state=state, session=replace(session, asking="Reboot, yes? [y/N]: "))
        if words == ["system", "resource", "print"]:
            return Answer(state=state, session=session, text=_resource(state, now))
        if "export" in words and "=" not in line:
            return Answer(state=state, session=session, text=_export(state, session, words, now))
        try:
            config = self._changed(state, line, session.section)
        except Refused as refused:
            return Answer(state=state, session=session, text=str(refused))
        return Answer(state=scheduled(save(run(state, config)), now), session=session, took=True)

    @staticmethod
    def _changed(state: DeviceState, line: str, menu: str) -> Config:
        if state.faults.rejected(line):
            raise Refused("failure: not allowed")
        return CONSOLE.changed(state.running, line, menu)

    def print(self, config: Config, hardware: Hardware) -> str:
        del hardware
        return "\n".join(CONSOLE.printed(config))

    def parse(self, text: str, hardware: Hardware) -> Config:
        del hardware
        return CONSOLE.parse(text)

    def facts(self, config: Config, hardware: Hardware) -> Facts:
        del hardware
        cable = CONSOLE.items(config, _ETHERNET)[0]
        return Facts(
            hostname=CONSOLE.value(config, _IDENTITY, "name"),
            location=CONSOLE.value(config, _SNMP, "location"),
            radios=tuple(_radio(config, index) for index in range(len(RADIOS))),
            ports=(PortFacts(number=0, description=cable.get("comment", ""), enabled=cable.get("disabled") != "yes"),),
        )


def _export(state: DeviceState, session: Session, words: list[str], now: float) -> str:
    """Of the menu that is named before `export`, with all below it; secrets only where they are asked for."""
    flags, named = words[words.index("export") + 1 :], words[: words.index("export")]
    unknown = [flag for flag in flags if flag not in ("terse", "compact", "hide-sensitive", "show-sensitive")]
    if unknown:
        return f"expected end of command (line 1 column {len(' '.join(words[: words.index(unknown[0])])) + 3})"
    menu = "/" + " ".join(named) if named else session.section
    lines = [line for line in CONSOLE.printed(state.running) if line.startswith(menu)]
    if "show-sensitive" not in flags:
        lines = [re.sub(r' secret=("(?:[^"\\]|\\.)*"|\S+)', "", line) for line in lines]
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S")
    head = [f"# {stamp} by RouterOS {_VERSION}", "# software id = 4E7A-DH52", "#", f"# model = {_MODEL}"]
    return "\n".join([*head, f"# serial number = {state.hardware.serial}", *lines])


def _resource(state: DeviceState, now: float) -> str:
    minutes, seconds = divmod(int(state.uptime_s(now)), 60)
    return (
        f"             uptime: {minutes // 60}h{minutes % 60}m{seconds}s\n            version: {_VERSION} (stable)\n"
        f"         board-name: {_MODEL}\n           platform: MikroTik"
    )


def _radio(config: Config, index: int) -> RadioFacts:
    band, wireless = BANDS[index], CONSOLE.items(config, _WLAN)
    mine = next(item for item in wireless if item.get("default-name") == RADIOS[index])
    virtual = [item for item in wireless if item.get("master-interface") == mine["name"]]
    channel, power = _channel(mine, band), _power_dbm(mine, band)
    sending = [item for item in (mine, *virtual) if item.get("disabled") == "no"]
    return RadioFacts(
        index=index,
        channel=channel,
        eirp_dbm=power,
        enabled=mine.get("disabled") == "no" and can_send(band, channel, power),
        ssids=tuple(
            item.get("ssid", "MikroTik") for item in sending if item is not mine or mine.get("mode") in _ACCESS_POINT
        ),
    )


_ACCESS_POINT = ("ap-bridge", "bridge")
"""Modes of a radio's own interface; a virtual one is always an access point."""


def _channel(item: Mapping[str, str], band: Band) -> int:
    """0 for a frequency at which no channel lies."""
    channels: dict[int, int] = {round(frequency_ghz(band, channel) * 1000): channel for channel in CHANNELS[band]}
    frequency = item.get("frequency", "auto")
    return CHANNELS[band][0] if frequency == "auto" else channels.get(int(frequency), 0)


def _power_dbm(item: Mapping[str, str], band: Band) -> float:
    """EIRP; as much as it may in the mode `default`."""
    if item.get("tx-power-mode", "default") == "default":
        return MOST_DBM[band]
    return float(item.get("tx-power", MOST_DBM[band] - _GAIN_DBI)) + _GAIN_DBI


_MIKROTIK = "1.3.6.1.4.1.14988"
_AP_TABLE = f"{_MIKROTIK}.1.1.1.3.1"
_CABLE, _FIRST_RADIO, _FIRST_VIRTUAL = 1, 2, 10
_BANDS = {Band.GHZ_2_4: "2ghz-b/g/n", Band.GHZ_5: "5ghz-a/n/ac"}
_SERVICES = 78
"""sysServices, as RouterOS has it."""
_NOISE_FLOOR_DBM, _CCQ_PERCENT = -108, 92


def _shows(of_shape: Shape) -> Iterator[Object]:
    yield from system.system(f"{_MIKROTIK}.1", lambda _: f"RouterOS {_MODEL}", _SERVICES)
    yield from system.host()
    yield from interfaces(_interfaces(of_shape))
    yield scalar(f"{_MIKROTIK}.1.1.7.3", Kind.OCTETS, lambda r: text(r.state.hardware.serial))
    yield scalar(f"{_MIKROTIK}.1.1.7.4", Kind.OCTETS, lambda _: text(_VERSION))
    yield from _access_points(of_shape)


def _places(of_shape: Shape) -> list[tuple[int, tuple[int, int]]]:
    """ifIndex, radio and number of each network: the first of a radio is its own interface, the others are virtual."""
    virtual = _FIRST_VIRTUAL
    found: list[tuple[int, tuple[int, int]]] = []
    for on, number in of_shape.networks:
        found.append((virtual if number else _FIRST_RADIO + on, (on, number)))
        virtual += number > 0
    return found


def _interfaces(of_shape: Shape) -> dict[int, Shows]:
    box = {_CABLE: uplink(PORT), **{_FIRST_RADIO + n: radio(name, n) for n, name in enumerate(RADIOS)}}
    return box | {index: _virtual(index, *place) for index, place in _places(of_shape) if index >= _FIRST_VIRTUAL}


def _virtual(index: int, on: int, number: int) -> Shows:
    def shows(reading: Moment) -> Interface:
        facts = reading.facts.radios[on]
        octets = split(reading.octets[on], max(1, len(facts.ssids)), number)
        return Interface(
            description=f"wlan{index}",
            kind=WIRELESS,
            enabled=facts.on_air,
            working=facts.on_air,
            octets_in=upstream(octets),
            octets_out=downstream(octets),
        )

    return shows


def _access_points(of_shape: Shape) -> Iterator[Object]:
    """mtxrWlApTable: a row for each interface that is an access point, by its ifIndex."""
    places = dict(_places(of_shape))

    def clients(reading: Moment, row: Row) -> Content:
        on, number = places[row]
        return split(reading.clients(on), max(1, len(reading.facts.radios[on].ssids)), number)

    def ssid(reading: Moment, row: Row) -> Content:
        on, number = places[row]
        return text(reading.facts.radios[on].ssids[number])

    def frequency(reading: Moment, row: Row) -> Content:
        on = places[row][0]
        return round(frequency_ghz(BANDS[on], reading.facts.radios[on].channel) * 1000)

    yield from table(
        _AP_TABLE,
        (
            (2, Kind.GAUGE32, constant(6_000_000)),
            (3, Kind.GAUGE32, constant(6_000_000)),
            (4, Kind.OCTETS, ssid),
            (5, Kind.OCTETS, lambda r, i: r.state.hardware.mac[:5] + bytes([(r.state.hardware.mac[5] + i) % 256])),
            (6, Kind.COUNTER32, clients),
            (7, Kind.INTEGER, frequency),
            (8, Kind.OCTETS, lambda _, i: text(_BANDS[BANDS[places[i][0]]])),
            (9, Kind.INTEGER, constant(_NOISE_FLOOR_DBM)),
            (10, Kind.COUNTER32, constant(_CCQ_PERCENT)),
            (11, Kind.COUNTER32, clients),
        ),
        [((index,), index) for index in places],
    )


FAMILY = Family(name=NAME, dialect=RouterOs(), enterprise=14988, shows=_shows, bands=BANDS)
