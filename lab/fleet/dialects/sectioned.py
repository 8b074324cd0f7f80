"""The command line around those sections: privileged commands, configuration mode, the timed revert."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from lab.fleet.box import Hardware
from lab.fleet.config import Config, value
from lab.fleet.dialects import sections
from lab.fleet.dialects.dialect import Answer, Session
from lab.fleet.dialects.grammar import squeezed
from lab.fleet.dialects.sections import INVALID, Grammar, Rejected
from lab.fleet.facts import Facts
from lab.fleet.state import DeviceState, arm, confirm, revert_now, run, save

PENDING = "% A timed revert is pending: configure confirm or configure revert now first."
NOT_PENDING = "% No Rollback Confirmed Change pending"
ENTER = "Enter configuration commands, one per line.  End with CNTL/Z."
MODIFIED = "System configuration has been modified. Save? [yes/no]: "
RELOAD = "Proceed with reload? [confirm]"
_PROMPT_LIMIT = 20
"""IOS cuts the hostname to this in configuration prompts."""


class Model(Protocol):
    """What differs from one sectioned platform to another."""

    firmware: str

    def grammar(self, hardware: Hardware) -> Grammar: ...

    def factory(self, hardware: Hardware) -> Config: ...

    def facts(self, config: Config, hardware: Hardware) -> Facts: ...

    def shows(self, state: DeviceState, what: str, now: float) -> str | None:
        """The answer to `show WHAT`, for what only this platform shows; None for anything else."""
        ...


Command = Callable[[DeviceState, Session, str, float], Answer]


class Sectioned:
    """A Dialect of sections. `user` logs in privileged."""

    user = "admin"

    def __init__(self, model: Model) -> None:
        self._model = model
        self.factory = model.factory
        self.facts = model.facts
        self._commands: tuple[tuple[str, Command], ...] = (
            ("configure terminal revert timer", self._configure_timed),
            ("configure terminal", self._configure),
            ("configure confirm", self._confirm),
            ("configure revert now", self._revert),
            ("write memory", self._save),
            ("copy running-config startup-config", self._save),
            ("write", self._save),
            ("reload", self._reload),
            ("show", self._show),
            ("terminal", self._nothing),
            ("enable", self._nothing),
            ("exit", self._leave),
            ("logout", self._leave),
            ("quit", self._leave),
        )

    def print(self, config: Config, hardware: Hardware) -> str:
        return sections.render(self._model.grammar(hardware), config)

    def parse(self, text: str, hardware: Hardware) -> Config:
        try:
            return sections.parse(self._model.grammar(hardware), text)
        except Rejected as rejected:
            raise ValueError(str(rejected)) from rejected

    def prompt(self, state: DeviceState, session: Session) -> str:
        hostname = _hostname(state)
        if not session.configuring:
            return f"{hostname}#"
        return f"{hostname[:_PROMPT_LIMIT]}({self._model.grammar(state.hardware).prompt(session.section)})#"

    def question(self, session: Session) -> str:
        return session.asking

    def answer(self, state: DeviceState, session: Session, line: str, now: float) -> Answer:
        line = squeezed(line)
        if session.asking == MODIFIED:
            return _reloading(state, session, line)
        if session.asking:
            return Answer(state=state, reboots=line.lower() in ("", "y", "yes"))
        if not line or line.startswith("!"):
            return Answer(state=state, session=session)
        found = (self._configuring if session.configuring else self._privileged)(state, session, line, now)
        if found.text != INVALID:
            return found
        at = len(self.prompt(state, session)) + line.rfind(" ") + 1
        return replace(found, text=f"{' ' * at}^\n{INVALID}\n")

    def _configuring(self, state: DeviceState, session: Session, line: str, now: float) -> Answer:
        first, _, rest = line.partition(" ")
        if first == "do":
            return replace(self._privileged(state, session, rest, now), session=session)
        if first == "end":
            return Answer(state=state)
        if first == "exit":
            return Answer(state=state, session=Session(configuring=bool(session.section)))
        if state.faults.rejected(line):
            return _refused(state, session, INVALID)
        try:
            config, section = sections.apply(self._model.grammar(state.hardware), state.running, session.section, line)
        except Rejected as rejected:
            return _refused(state, session, str(rejected))
        return Answer(state=run(state, config), session=Session(configuring=True, section=section), took=True)

    def _privileged(self, state: DeviceState, session: Session, line: str, now: float) -> Answer:
        for words, command in self._commands:
            rest = after(line, words)
            if rest is not None:
                return command(state, session, rest, now)
        return _refused(state, session, INVALID)

    def _configure(self, state: DeviceState, session: Session, rest: str, _now: float) -> Answer:
        if rest:
            return _refused(state, session, INVALID)
        return Answer(state=state, session=Session(configuring=True), text=ENTER)

    def _configure_timed(self, state: DeviceState, session: Session, rest: str, now: float) -> Answer:
        if not rest.isdecimal() or not 1 <= int(rest) <= _LONGEST_TIMER_MIN:
            return _refused(state, session, INVALID)
        if state.revert is not None:
            return _refused(state, session, PENDING)
        return Answer(state=arm(state, now + 60 * int(rest)), session=Session(configuring=True), text=ENTER)

    @staticmethod
    def _confirm(state: DeviceState, session: Session, _rest: str, _now: float) -> Answer:
        return _refused(state, session, NOT_PENDING) if state.revert is None else Answer(state=confirm(state))

    @staticmethod
    def _revert(state: DeviceState, session: Session, _rest: str, _now: float) -> Answer:
        return _refused(state, session, NOT_PENDING) if state.revert is None else Answer(state=revert_now(state))

    @staticmethod
    def _save(state: DeviceState, session: Session, _rest: str, _now: float) -> Answer:
        return Answer(state=save(state), session=session, text="Building configuration...\n[OK]")

    @staticmethod
    def _reload(state: DeviceState, session: Session, _rest: str, _now: float) -> Answer:
        asks = RELOAD if state.running == state.startup else MODIFIED
        return Answer(state=state, session=replace(session, asking=asks))

    @staticmethod
    def _nothing(state: DeviceState, session: Session, _rest: str, _now: float) -> Answer:
        return Answer(state=state, session=session)

    @staticmethod
    def _leave(state: DeviceState, session: Session, _rest: str, _now: float) -> Answer:
        return Answer(state=state, session=session, leaves=True)

    def _show(self, state: DeviceState, session: Session, rest: str, now: float) -> Answer:
        what, _, pipe = (part.strip() for part in rest.partition("|"))
        shown = self._shown(state, what, now)
        if shown is None:
            return _refused(state, session, INVALID)
        return Answer(state=state, session=session, text=filtered(shown, pipe))

    def _shown(self, state: DeviceState, what: str, now: float) -> str | None:
        if after(what, "running-config") == "":
            text = self.print(state.running, state.hardware)
            stamp = datetime.fromtimestamp(state.booted_at, UTC).strftime("%H:%M:%S UTC %a %b %-d %Y")
            said = f"!\n! Last configuration change at {stamp}\n{text}"
            return f"Building configuration...\n\nCurrent configuration : {len(said)} bytes\n{said}"
        if after(what, "startup-config") == "":
            text = self.print(state.startup, state.hardware)
            return f"Using {len(text)} out of 524288 bytes\n{text}"
        if after(what, "version") == "":
            return self._version(state, now)
        if after(what, "privilege") == "":
            return "Current privilege level is 15"
        if after(what, "archive config rollback timer") == "":
            return NOT_PENDING if state.revert is None else f"Time configured: {_minutes_left(state, now)} minutes"
        return self._model.shows(state, what, now)

    def _version(self, state: DeviceState, now: float) -> str:
        platform, serial = state.hardware.platform, state.hardware.serial
        return (
            f"{platform} Software, Version {self._model.firmware}, RELEASE SOFTWARE\n\n"
            f"{_hostname(state)} uptime is {uptime(state.uptime_s(now))}\n"
            f'System image file is "flash:{platform}-{self._model.firmware}.bin"\n\n'
            f"Processor board ID {serial}"
        )


_LONGEST_TIMER_MIN = 120


def after(line: str, words: str) -> str | None:
    """What follows `words` in `line`, each of which may be shortened; None where the line does not start so."""
    typed, wanted = line.split(), words.split()
    if len(typed) < len(wanted):
        return None
    for got, full in zip(typed, wanted, strict=False):
        if not full.startswith(got) or len(got) < min(_SHORTEST.get(full, 3), len(full)):
            return None
    return " ".join(typed[len(wanted) :])


_SHORTEST = {"terminal": 1, "write": 2, "show": 2, "version": 3}


def filtered(text: str, pipe: str) -> str:
    """`include`, `exclude` and `begin`, as IOS pipes have them, with a plain text to look for."""
    verb, _, sought = pipe.partition(" ")
    lines = text.splitlines()
    if pipe and "include".startswith(verb):
        lines = [line for line in lines if sought in line]
    elif pipe and "exclude".startswith(verb):
        lines = [line for line in lines if sought not in line]
    elif pipe and "begin".startswith(verb):
        first = next((i for i, line in enumerate(lines) if sought in line), len(lines))
        lines = lines[first:]
    return "\n".join(lines)


def uptime(seconds: float) -> str:
    minutes = int(seconds) // 60
    return f"{minutes // 1440} days, {minutes // 60 % 24} hours, {minutes % 60} minutes"


def _minutes_left(state: DeviceState, now: float) -> int:
    return 0 if state.revert is None else int(state.revert.at - now) // 60


def _hostname(state: DeviceState) -> str:
    return value(state.running, "", "hostname") or state.hardware.platform


def _reloading(state: DeviceState, session: Session, said: str) -> Answer:
    """To whether it shall save first: in full, or it asks again."""
    if said.lower() not in ("yes", "y", "no", "n"):
        text = "% Please answer 'yes' or 'no'."
        return Answer(state=state, session=session, text=text)
    kept = save(state) if said.lower().startswith("y") else state
    return Answer(state=kept, session=replace(session, asking=RELOAD))


def _refused(state: DeviceState, session: Session, text: str) -> Answer:
    return Answer(state=state, session=session, text=text, failed=True)
