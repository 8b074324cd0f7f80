"""The shell of an OpenWrt box: a few commands of ash around `uci` and `ubus`."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from lab.fleet.box import Hardware
from lab.fleet.config import Config, of
from lab.fleet.dialects import ash, options, rpcd
from lab.fleet.dialects.dialect import Answer, Session
from lab.fleet.dialects.options import INVALID, MISSING, SECTION, option, printed
from lab.fleet.dialects.wireless import radio_facts
from lab.fleet.facts import Facts, PortFacts
from lab.fleet.state import DeviceState, confirm, run, save, stage

USAGE = """Usage: uci [<options>] <command> [<arguments>]

Commands:
	batch
	export     [<config>]
	import     [<config>]
	changes    [<config>]
	commit     [<config>]
	add        <config> <section-type>
	add_list   <config>.<section>.<option>=<string>
	del_list   <config>.<section>.<option>=<string>
	show       [<config>[.<section>[.<option>]]]
	get        <config>.<section>[.<option>]
	set        <config>.<section>[.<option>]=<value>
	delete     <config>[.<section>[[.<option>][=<id>]]]
	rename     <config>.<section>[.<option>]=<name>
	revert     <config>[.<section>[.<option>]]
	reorder    <config>.<section>=<position>
"""
_SAVEDIR = re.compile(r"/var/run/rpcd/uci-(\w+)/?")
_OTHERS = "/tmp/.uci"  # noqa: S108 - the name that a folder of an emulated box has
Command = Callable[[DeviceState, str, list[str]], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uci:
    """A Dialect. `release` is what /etc/openwrt_release says, `box` the options that it comes with."""

    release: str
    box: tuple[tuple[str, str], ...]
    user: str = "root"

    def factory(self, hardware: Hardware) -> Config:
        del hardware
        return of(*self.box)

    def prompt(self, state: DeviceState, session: Session) -> str:
        del session
        return f"root@{_hostname(state.running)}:~# "

    def question(self, session: Session) -> str:
        return session.asking

    def answer(self, state: DeviceState, session: Session, line: str, now: float) -> Answer:
        del session
        command, key, file = ash.kept(ash.expanded(line, state.files))
        answer = self._line(state, command, now)
        if not file or answer.failed:
            return answer
        return Answer(state=replace(answer.state, files={**answer.state.files, file: ash.picked(answer.text, key)}))

    def _line(self, state: DeviceState, line: str, now: float) -> Answer:
        """Each command of a line, until one fails."""
        try:
            commands = ash.parts(line)
        except ValueError:
            return _failed(state, "ash: syntax error: unterminated quoted string")
        answer, said = Answer(state=state), list[str]()
        for words in filter(None, commands):
            answer = self._command(answer.state, words, now)
            said += [answer.text] if answer.text else []
            if answer.failed:
                break
        return replace(answer, text="\n".join(said))

    def _command(self, state: DeviceState, words: list[str], now: float) -> Answer:
        match words:
            case ["uci", *rest]:
                return self._uci(state, rest)
            case ["ubus", "call", thing, method, *rest]:
                return self._ubus(state, thing, method, rest, now)
            case ["cat", file]:
                return self._cat(state, file)
            case ["mv", what, where]:
                return _move(state, what, where)
            case ["mkdir" | "umask" | "reboot" | "exit" | "echo" as command, *rest]:
                said = " ".join(rest) if command == "echo" else ""
                return Answer(state=state, text=said, reboots=command == "reboot", leaves=command == "exit")
        return _failed(state, f"ash: {words[0]}: not found")

    def print(self, config: Config, hardware: Hardware) -> str:
        del hardware
        return "\n".join(printed(config))

    def parse(self, text: str, hardware: Hardware) -> Config:
        del hardware
        return options.parse(text)

    def facts(self, config: Config, hardware: Hardware) -> Facts:
        uplink = option(config, "network.uplink", "description") or ""
        return Facts(
            hostname=_hostname(config),
            location=_location(config),
            radios=tuple(radio_facts(config, index, band) for index, band in enumerate(hardware.bands)),
            ports=(PortFacts(number=0, description=uplink, enabled=True),),
        )

    def _uci(self, state: DeviceState, words: list[str]) -> Answer:
        session = ""
        if len(words) > 1 and words[0] in ("-t", "-P"):
            folder = _SAVEDIR.fullmatch(words[1])
            if folder is None and words[1].rstrip("/") != _OTHERS:
                return _failed(state, INVALID)
            session, words = folder[1] if folder else "", words[2:]
        verb, rest = (words[0], words[1:]) if words else ("", [])
        command = _VERBS.get(verb)
        return _failed(state, USAGE) if command is None else command(state, session, rest)

    def _ubus(self, state: DeviceState, thing: str, method: str, rest: list[str], now: float) -> Answer:
        try:
            arguments = json.loads(rest[0]) if rest else {}
        except ValueError:
            return rpcd.failed(state, "Invalid argument")
        if not isinstance(arguments, dict):
            return rpcd.failed(state, "Invalid argument")
        return rpcd.call(state, thing, method, arguments, now)

    def _cat(self, state: DeviceState, file: str) -> Answer:
        if file == "/etc/openwrt_release":
            return Answer(state=state, text=self.release.format(serial=state.hardware.serial))
        if file in state.files:
            return Answer(state=state, text=state.files[file])
        return _failed(state, f"cat: can't open '{file}': No such file or directory")


def _move(state: DeviceState, what: str, where: str) -> Answer:
    """Staged changes into the folder of a session: the one move that the lab knows."""
    folder = _SAVEDIR.fullmatch(where)
    if what != f"{_OTHERS}/*" or folder is None or state.staged is None:
        return _failed(state, f"mv: can't rename '{what}': No such file or directory")
    return Answer(state=rpcd.stage(stage(state, state.running), folder[1], state.staged))


def _hostname(config: Config) -> str:
    found = (option(config, name, "hostname") for name in options.of_type(config, "system", "system"))
    return next(filter(None, found), "OpenWrt")


def _location(config: Config) -> str:
    """As net-snmp's package has it, else as the box itself knows it."""
    snmpd = (option(config, name, "sysLocation") for name in options.of_type(config, "snmpd", "system"))
    box = (option(config, name, "location") for name in options.of_type(config, "system", "system"))
    return next(filter(None, (*snmpd, *box)), "")


def _candidate(state: DeviceState, session: str) -> Config:
    return rpcd.candidate(state, session) if session else state.candidate


def _show(state: DeviceState, session: str, rest: list[str]) -> Answer:
    lines = printed(_candidate(state, session))
    if rest:
        lines = [line for line in lines if re.match(rf"{re.escape(rest[0])}[.=]", line)]
        return Answer(state=state, text="\n".join(lines)) if lines else _failed(state, MISSING)
    return Answer(state=state, text="\n".join(lines))


def _get(state: DeviceState, session: str, rest: list[str]) -> Answer:
    if len(rest) != 1:
        return _failed(state, USAGE)
    section, _, key = (rest[0], "", "") if SECTION.fullmatch(rest[0]) else rest[0].rpartition(".")
    found = options.values(_candidate(state, session), section, key)
    return Answer(state=state, text=" ".join(found)) if found else _failed(state, MISSING)


def _changes(state: DeviceState, session: str, rest: list[str]) -> Answer:
    lines = options.changes(state.running, _candidate(state, session))
    wanted = [line for line in lines if not rest or line.lstrip("-").startswith(f"{rest[0]}.")]
    return Answer(state=state, text="\n".join(wanted))


def _set(state: DeviceState, session: str, rest: list[str]) -> Answer:
    return _assigned(state, session, rest, options.assign)


def _add_list(state: DeviceState, session: str, rest: list[str]) -> Answer:
    return _assigned(state, session, rest, options.add_to_list)


def _assigned(
    state: DeviceState, session: str, rest: list[str], change: Callable[[Config, str, str], Config | str]
) -> Answer:
    if len(rest) != 1:
        return _failed(state, USAGE)
    name, equals, given = rest[0].partition("=")
    if not equals or state.faults.rejected(rest[0]):
        return _failed(state, INVALID)
    return _stage(state, session, change(_candidate(state, session), name, given))


def _delete(state: DeviceState, session: str, rest: list[str]) -> Answer:
    if len(rest) != 1:
        return _failed(state, USAGE)
    if state.faults.rejected(rest[0]):
        return _failed(state, INVALID)
    return _stage(state, session, options.delete(_candidate(state, session), rest[0]))


def _stage(state: DeviceState, session: str, willed: Config | str) -> Answer:
    if isinstance(willed, str):
        return _failed(state, willed)
    staged = rpcd.stage(state, session, willed) if session else stage(state, willed)
    return Answer(state=staged, took=True)


def _revert(state: DeviceState, session: str, rest: list[str]) -> Answer:
    """What is staged in one package is dropped."""
    if len(rest) != 1:
        return _failed(state, USAGE)
    package = rest[0].partition(".")[0]
    kept = {line for line in _candidate(state, session) if not line.section.startswith(f"{package}.")}
    kept |= {line for line in state.running if line.section.startswith(f"{package}.")}
    answer = _stage(state, session, frozenset(kept))
    return Answer(state=answer.state)


def _commit(state: DeviceState, session: str, _rest: list[str]) -> Answer:
    if session:
        return Answer(state=save(run(rpcd.stage(state, session, state.running), _candidate(state, session))))
    return Answer(state=save(confirm(_candidate_runs(state))))


def _candidate_runs(state: DeviceState) -> DeviceState:
    return stage(run(state, state.candidate), state.candidate)


_VERBS: dict[str, Command] = {
    "show": _show,
    "get": _get,
    "changes": _changes,
    "set": _set,
    "add_list": _add_list,
    "delete": _delete,
    "revert": _revert,
    "commit": _commit,
}


def _failed(state: DeviceState, text: str) -> Answer:
    return Answer(state=state, text=text, failed=True)
