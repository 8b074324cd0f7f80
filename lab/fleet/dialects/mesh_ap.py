"""mesh-ap: a small shell and named options, as OpenWrt's `uci` and `ubus` have them.

A section is named `wireless.radio0`; its lines are its type (`=wifi-device`) and its options
(`channel=6`, unquoted here, quoted on the line).
"""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from functools import lru_cache

from city.model.wireless import CHANNELS, EIRP_LIMIT_DBM, Band
from lab.fleet.config import Config, Line, lines_of, of, sections, without
from lab.fleet.dialects.dialect import Answer, Session
from lab.fleet.dialects.grammar import Test, address, level, matching, text, within
from lab.fleet.dialects.sections import natural
from lab.fleet.facts import Facts, PortFacts, RadioFacts
from lab.fleet.hardware import Hardware
from lab.fleet.state import DeviceState, arm, confirm, revert_now, run, save, stage

INVALID, MISSING = "uci: Invalid argument", "uci: Entry not found"
FIRMWARE = "23.05.5"
ENCRYPTION = ("none", "owe", "wpa3")
_SECTION = re.compile(r"(system|network|wireless)\.[A-Za-z0-9_]+")
_BIT = matching("[01]")


def _each(test: Test) -> Test:
    return lambda value: all(map(test, value.split()))


_OPTIONS: Mapping[str, Mapping[str, Test]] = {
    "system.system": {
        "hostname": matching(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"),
        "location": matching(r"-?\d{1,3}(\.\d+)?,-?\d{1,2}(\.\d+)?"),
    },
    "system.timeserver": {"server": _each(address)},
    "system.log": {"host": _each(address)},
    "network.interface": {"vlan": within(1, 4094)},
    "network.port": {"description": text},
    "wireless.wifi-iface": {
        "device": matching(r"radio\d"),
        "ssid": lambda ssid: text(ssid) and len(ssid.encode()) <= 32,  # noqa: PLR2004 - IEEE 802.11, 9.4.2.2
        "encryption": lambda name: name in ENCRYPTION,
        "vlan": within(1, 4094),
        "isolate": _BIT,
    },
}
"""What may be set, by package and type of the section. Those of a radio depend on its band."""


def _radio_options(band: Band) -> Mapping[str, Test]:
    allowed = {str(channel) for channel in CHANNELS[band]}
    return {
        "channel": lambda value: value in allowed,
        "eirp": level(EIRP_LIMIT_DBM[band]),
        "disabled": _BIT,
    }


@lru_cache
def _factory(bands: tuple[Band, ...]) -> Config:
    """Out of the box: it can be reached, and sends nothing."""
    radios = [
        (f"wireless.radio{index}", line)
        for index, band in enumerate(bands)
        for line in ("=wifi-device", f"channel={CHANNELS[band][0]}", "eirp=10", "disabled=1")
    ]
    return of(
        ("system.host", "=system"),
        ("system.host", "hostname=mesh-ap"),
        ("network.management", "=interface"),
        ("network.uplink", "=port"),
        *radios,
    )


def _fixed(hardware: Hardware) -> set[str]:
    return {line.section for line in _factory(hardware.bands)}


def option(config: Config, section: str, name: str) -> str | None:
    return next((line[len(name) + 1 :] for line in lines_of(config, section) if line.startswith(f"{name}=")), None)


def _tests(config: Config, section: str, hardware: Hardware) -> Mapping[str, Test]:
    """What the options of this section must be; empty where it is of no known type."""
    kind = option(config, section, "")
    radio = re.fullmatch(r"wireless\.radio(\d)", section)
    if kind == "wifi-device" and radio and int(radio[1]) < len(hardware.bands):
        return _radio_options(hardware.bands[int(radio[1])])
    return _OPTIONS.get(f"{section.partition('.')[0]}.{kind}", {})


def assign(config: Config, name: str, given: str, hardware: Hardware) -> Config | None:
    """The configuration after `uci set NAME=GIVEN`; None where it is refused."""
    if _SECTION.fullmatch(name):
        return _typed(config, name, given, hardware)
    section, _, key = name.rpartition(".")
    test = _tests(config, section, hardware).get(key)
    if test is None or not test(given):
        return None
    return without(config, lambda line: line.section == section and line.text.startswith(f"{key}=")) | {
        Line(section, f"{key}={given}")
    }


def _typed(config: Config, section: str, kind: str, hardware: Hardware) -> Config | None:
    if option(config, section, "") == kind:
        return config
    if section in _fixed(hardware) or f"{section.partition('.')[0]}.{kind}" not in _OPTIONS:
        return None
    rest = without(config, lambda line: line.section == section)
    return rest | {Line(section, ""), Line(section, f"={kind}")}


def delete(config: Config, name: str, hardware: Hardware) -> Config | str:
    """The configuration after `uci delete NAME`, or what it answers instead."""
    if _SECTION.fullmatch(name) and name in sections(config):
        return INVALID if name in _fixed(hardware) else without(config, lambda line: line.section == name)
    section, _, key = name.rpartition(".")
    if not key or option(config, section, key) is None:
        return MISSING
    left = without(config, lambda line: line.section == section and line.text.startswith(f"{key}="))
    return left | {
        line for line in _factory(hardware.bands) if line.section == section and line.text.startswith(f"{key}=")
    }


def shown(line: Line) -> str:
    """As `uci show` has it."""
    key, _, given = line.text.partition("=")
    return f"{line.section}.{key}={_quoted(given)}" if key else f"{line.section}={given}"


def _quoted(given: str) -> str:
    return "'" + given.replace("'", "'\\''") + "'"


def _printed(config: Config) -> list[str]:
    """Sorted by section, each section's type before its options."""
    said = [line for line in config if line.text]
    return [shown(line) for line in sorted(said, key=lambda line: (natural(line.section), line.text))]


Command = Callable[[DeviceState, list[str], float], Answer]


class MeshAp:
    """A Dialect."""

    user = "root"

    def __init__(self) -> None:
        self._commands: dict[tuple[str, ...], Command] = {
            ("uci", "show"): self._show,
            ("uci", "get"): self._get,
            ("uci", "changes"): self._changes,
            ("uci", "set"): self._set,
            ("uci", "delete"): self._delete,
            ("uci", "revert"): self._revert,
            ("uci", "commit"): self._commit,
            ("ubus", "call", "uci", "apply"): self._apply,
            ("ubus", "call", "uci", "confirm"): self._confirm,
            ("ubus", "call", "uci", "rollback"): self._rollback,
            ("cat", "/etc/startup"): self._startup,
            ("cat", "/etc/openwrt_release"): self._release,
            ("reboot",): lambda state, _rest, _now: Answer(state=state, reboots=True),
            ("exit",): lambda state, _rest, _now: Answer(state=state, leaves=True),
        }

    def factory(self, hardware: Hardware) -> Config:
        return _factory(hardware.bands)

    def prompt(self, state: DeviceState, session: Session) -> str:
        del session
        return f"root@{option(state.running, 'system.host', 'hostname')}:~# "

    def question(self, session: Session) -> str:
        return session.asking

    def answer(self, state: DeviceState, session: Session, line: str, now: float) -> Answer:
        del session
        try:
            words = shlex.split(line)
        except ValueError:
            return _failed(state, "ash: syntax error: unterminated quoted string")
        for length in (4, 2, 1):
            command = self._commands.get(tuple(words[:length]))
            if command is not None:
                return command(state, words[length:], now)
        return _failed(state, f"ash: {words[0]}: not found") if words else Answer(state=state)

    def print(self, config: Config, hardware: Hardware) -> str:
        del hardware
        return "\n".join(_printed(config))

    def parse(self, text: str, hardware: Hardware) -> Config:
        config: Config = frozenset(
            line for line in _factory(hardware.bands) if not line.text or line.text.startswith("=")
        )
        for line in text.splitlines():
            name, _, given = "".join(shlex.split(line)).partition("=")
            changed = assign(config, name, given, hardware)
            if changed is None:
                raise ValueError(f"{line}: {INVALID}")
            config = changed
        return config

    def facts(self, config: Config, hardware: Hardware) -> Facts:
        return Facts(
            hostname=option(config, "system.host", "hostname") or "",
            location=option(config, "system.host", "location") or "",
            radios=tuple(_radio_facts(config, index) for index in range(len(hardware.bands))),
            ports=(
                PortFacts(number=0, description=option(config, "network.uplink", "description") or "", enabled=True),
            ),
        )

    @staticmethod
    def _show(state: DeviceState, rest: list[str], _now: float) -> Answer:
        lines = _printed(state.candidate)
        if rest:
            lines = [line for line in lines if re.match(rf"{re.escape(rest[0])}[.=]", line)]
            return Answer(state=state, text="\n".join(lines)) if lines else _failed(state, MISSING)
        return Answer(state=state, text="\n".join(lines))

    @staticmethod
    def _get(state: DeviceState, rest: list[str], _now: float) -> Answer:
        name = rest[0] if rest else ""
        section, _, key = ("", "", "") if _SECTION.fullmatch(name) else name.rpartition(".")
        found = option(state.candidate, section or name, key)
        return _failed(state, MISSING) if found is None else Answer(state=state, text=found)

    @staticmethod
    def _changes(state: DeviceState, _rest: list[str], _now: float) -> Answer:
        was, willed = state.running, state.candidate
        replaced = {(line.section, line.text.partition("=")[0]) for line in willed - was}
        gone = [
            line for line in was - willed if line.text and (line.section, line.text.partition("=")[0]) not in replaced
        ]
        lines = [f"-{shown(line).partition('=')[0]}" for line in sorted(gone)]
        return Answer(state=state, text="\n".join(lines + _printed(willed - was)))

    @staticmethod
    def _set(state: DeviceState, rest: list[str], _now: float) -> Answer:
        name, equals, given = rest[0].partition("=") if len(rest) == 1 else ("", "", "")
        refused = not equals or state.faults.rejected(rest[0])
        changed = None if refused else assign(state.candidate, name, given, state.hardware)
        return _failed(state, INVALID) if changed is None else Answer(state=stage(state, changed), took=True)

    @staticmethod
    def _delete(state: DeviceState, rest: list[str], _now: float) -> Answer:
        if len(rest) != 1 or state.faults.rejected(rest[0]):
            return _failed(state, INVALID)
        changed = delete(state.candidate, rest[0], state.hardware)
        return _failed(state, changed) if isinstance(changed, str) else Answer(state=stage(state, changed), took=True)

    @staticmethod
    def _revert(state: DeviceState, _rest: list[str], _now: float) -> Answer:
        return Answer(state=stage(state, state.running))

    @staticmethod
    def _commit(state: DeviceState, _rest: list[str], _now: float) -> Answer:
        return Answer(state=save(confirm(_candidate_runs(state))))

    @staticmethod
    def _apply(state: DeviceState, rest: list[str], now: float) -> Answer:
        timeout_s = _timeout(rest)
        if timeout_s is None:
            return _failed(state, "Command failed: Invalid argument")
        if state.revert is not None:
            return _failed(state, "Command failed: Permission denied")
        return Answer(state=_candidate_runs(arm(state, now + timeout_s)))

    @staticmethod
    def _confirm(state: DeviceState, _rest: list[str], _now: float) -> Answer:
        return _failed(state, "Command failed: No data") if state.revert is None else Answer(state=save(confirm(state)))

    @staticmethod
    def _rollback(state: DeviceState, _rest: list[str], _now: float) -> Answer:
        return _failed(state, "Command failed: No data") if state.revert is None else Answer(state=revert_now(state))

    @staticmethod
    def _startup(state: DeviceState, _rest: list[str], _now: float) -> Answer:
        return Answer(state=state, text="\n".join(_printed(state.startup)))

    @staticmethod
    def _release(state: DeviceState, _rest: list[str], _now: float) -> Answer:
        return Answer(
            state=state,
            text=f"DISTRIB_ID='mesh-ap'\nDISTRIB_RELEASE='{FIRMWARE}'\nDISTRIB_SERIAL='{state.hardware.serial}'",
        )


def _candidate_runs(state: DeviceState) -> DeviceState:
    return stage(run(state, state.candidate), state.candidate)


def _timeout(rest: list[str]) -> float | None:
    """Seconds of the timed apply; None where the argument is not one."""
    try:
        asked = json.loads(rest[0])
        timeout_s = float(asked["timeout"])
    except (IndexError, ValueError, TypeError, KeyError):
        return None
    return timeout_s if asked.get("rollback") is True and 1 <= timeout_s <= _LONGEST_TIMER_S else None


_LONGEST_TIMER_S = 7200


def _radio_facts(config: Config, index: int) -> RadioFacts:
    section = f"wireless.radio{index}"
    interfaces = [name for name in sorted(sections(config)) if option(config, name, "device") == f"radio{index}"]
    ssids = (option(config, name, "ssid") for name in interfaces)
    return RadioFacts(
        index=index,
        channel=int(option(config, section, "channel") or 0),
        eirp_dbm=float(option(config, section, "eirp") or 0),
        enabled=option(config, section, "disabled") != "1",
        ssids=tuple(ssid for ssid in ssids if ssid),
    )


def _failed(state: DeviceState, text: str) -> Answer:
    return Answer(state=state, text=text, failed=True)
