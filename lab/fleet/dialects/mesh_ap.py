"""mesh-ap: a small shell, as OpenWrt has it, around the named options of `uci`."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

from lab.fleet.config import Config, sections
from lab.fleet.dialects import ash, options, rpcd
from lab.fleet.dialects.dialect import Answer, Session
from lab.fleet.dialects.options import INVALID, MISSING, SECTION, assign, delete, factory, option, printed, shown
from lab.fleet.facts import Facts, PortFacts, RadioFacts
from lab.fleet.hardware import Hardware
from lab.fleet.state import DeviceState, Revert, confirm, revert_now, run, save, stage

FIRMWARE = "23.05.5"
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
            ("ubus", "call", "session", "create"): self._session,
            ("ubus", "call", "session", "grant"): self._grant,
            ("mkdir",): lambda state, _rest, _now: Answer(state=state),
            ("umask",): lambda state, _rest, _now: Answer(state=state),
            ("mv",): self._move,
            ("ubus", "call", "uci", "apply"): self._apply,
            ("ubus", "call", "uci", "confirm"): self._confirm,
            ("ubus", "call", "uci", "rollback"): self._rollback,
            ("cat", "/etc/openwrt_release"): self._release,
            ("reboot",): lambda state, _rest, _now: Answer(state=state, reboots=True),
            ("exit",): lambda state, _rest, _now: Answer(state=state, leaves=True),
        }

    def factory(self, hardware: Hardware) -> Config:
        return factory(hardware.bands)

    def prompt(self, state: DeviceState, session: Session) -> str:
        del session
        return f"root@{option(state.running, 'system.host', 'hostname')}:~# "

    def question(self, session: Session) -> str:
        return session.asking

    def answer(self, state: DeviceState, session: Session, line: str, now: float) -> Answer:
        del session
        command, key, file = ash.kept(ash.expanded(line, state.files))
        answer = self._all(state, command, now)
        if not file or answer.failed:
            return answer
        files = {**answer.state.files, file: ash.picked(answer.text, key)}
        return Answer(state=replace(answer.state, files=files))

    def _all(self, state: DeviceState, line: str, now: float) -> Answer:
        """Each command of a line, until one fails."""
        try:
            commands = ash.parts(line)
        except ValueError:
            return _failed(state, "ash: syntax error: unterminated quoted string")
        answer = Answer(state=state)
        for words in commands:
            answer = self._one(answer.state, words, now)
            if answer.failed:
                break
        return answer

    def _one(self, state: DeviceState, words: list[str], now: float) -> Answer:
        for length in (4, 2, 1):
            command = self._commands.get(tuple(words[:length]))
            if command is not None:
                return command(state, words[length:], now)
        return _failed(state, f"ash: {words[0]}: not found") if words else Answer(state=state)

    def print(self, config: Config, hardware: Hardware) -> str:
        del hardware
        return "\n".join(printed(config))

    def parse(self, text: str, hardware: Hardware) -> Config:
        return options.parse(text, hardware)

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
        lines = printed(state.candidate)
        if rest:
            lines = [line for line in lines if re.match(rf"{re.escape(rest[0])}[.=]", line)]
            return Answer(state=state, text="\n".join(lines)) if lines else _failed(state, MISSING)
        return Answer(state=state, text="\n".join(lines))

    @staticmethod
    def _get(state: DeviceState, rest: list[str], _now: float) -> Answer:
        name = rest[0] if rest else ""
        section, _, key = ("", "", "") if SECTION.fullmatch(name) else name.rpartition(".")
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
        return Answer(state=state, text="\n".join(lines + printed(willed - was)))

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
    def _revert(state: DeviceState, rest: list[str], _now: float) -> Answer:
        if not rest:
            return Answer(state=state, text=_USAGE, failed=True)
        package = rest[0].partition(".")[0] + "."
        kept = {line for line in state.candidate if not line.section.startswith(package)}
        old = {line for line in state.running if line.section.startswith(package)}
        return Answer(state=stage(state, frozenset(kept | old)))

    @staticmethod
    def _commit(state: DeviceState, _rest: list[str], _now: float) -> Answer:
        return Answer(state=save(confirm(_candidate_runs(state))))

    @staticmethod
    def _session(state: DeviceState, _rest: list[str], now: float) -> Answer:
        made, shown = rpcd.create(state.rpcd, f"{state.hardware.serial} {now}")
        return Answer(state=replace(state, rpcd=made), text=shown)

    @staticmethod
    def _grant(state: DeviceState, rest: list[str], _now: float) -> Answer:
        granted = rpcd.grant(state.rpcd, _asked(rest))
        return _failed(state, granted) if isinstance(granted, str) else Answer(state=replace(state, rpcd=granted))

    @staticmethod
    def _move(state: DeviceState, rest: list[str], _now: float) -> Answer:
        """Staged changes into the folder of a session: the one use that it has here."""
        found = _INTO_SESSION.fullmatch(" ".join(rest))
        if found is None or state.staged is None:
            return _failed(state, f"mv: can't rename '{rest[0] if rest else ''}': No such file or directory")
        changes = {**state.rpcd.changes, found["session"]: state.staged}
        return Answer(state=replace(state, staged=None, rpcd=replace(state.rpcd, changes=changes)))

    @staticmethod
    def _apply(state: DeviceState, rest: list[str], now: float) -> Answer:
        timeout_s = _timeout(rest)
        if timeout_s is None:
            return _failed(state, rpcd.INVALID)
        applied = rpcd.apply(state.rpcd, _asked(rest), waits=state.revert is not None)
        if isinstance(applied, str):
            return _failed(state, applied)
        after, changes = applied
        back = Revert(at=now + timeout_s, to=state.running, startup=state.startup)
        return Answer(state=replace(state, running=changes, startup=changes, revert=back, rpcd=after))

    @staticmethod
    def _confirm(state: DeviceState, rest: list[str], _now: float) -> Answer:
        refusal = rpcd.refused(state.rpcd, _asked(rest), waits=state.revert is not None)
        return _failed(state, refusal) if refusal else Answer(state=confirm(state))

    @staticmethod
    def _rollback(state: DeviceState, rest: list[str], _now: float) -> Answer:
        refusal = rpcd.refused(state.rpcd, _asked(rest), waits=state.revert is not None)
        return _failed(state, refusal) if refusal else Answer(state=revert_now(state))

    @staticmethod
    def _release(state: DeviceState, _rest: list[str], _now: float) -> Answer:
        return Answer(
            state=state,
            text=f"DISTRIB_ID='mesh-ap'\nDISTRIB_RELEASE='{FIRMWARE}'\nDISTRIB_SERIAL='{state.hardware.serial}'",
        )


def _candidate_runs(state: DeviceState) -> DeviceState:
    return stage(run(state, state.candidate), state.candidate)


def _asked(rest: list[str]) -> dict[str, object]:
    """The JSON argument of a call; an empty one where it is none."""
    try:
        asked = json.loads(rest[0])
    except (IndexError, ValueError):
        return {}
    return asked if isinstance(asked, dict) else {}


def _timeout(rest: list[str]) -> float | None:
    """Seconds of the timed apply; None where the argument is not one."""
    try:
        asked = json.loads(rest[0])
        timeout_s = float(asked["timeout"])
    except (IndexError, ValueError, TypeError, KeyError):
        return None
    return timeout_s if asked.get("rollback") is True and 1 <= timeout_s <= _LONGEST_TIMER_S else None


_LONGEST_TIMER_S = 7200
_INTO_SESSION = re.compile(r"/tmp/\.uci/\* /var/run/rpcd/uci-(?P<session>\w+)/")  # noqa: S108 - a path of the device
_USAGE = "Usage: uci [<options>] <command> [<arguments>]\n\nCommands:\n\trevert     <config>[.<section>[.<option>]]"


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
