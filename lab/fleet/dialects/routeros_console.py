"""The console of RouterOS: its commands, its exports, its backups. Each change runs and is saved at once."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from lab.fleet.box import Hardware
from lab.fleet.config import Config
from lab.fleet.dialects.dialect import Answer, Session
from lab.fleet.dialects.menus import Refused
from lab.fleet.dialects.routeros_menus import BOX, CONSOLE, ETHERNET, IDENTITY, RADIOS, SNMP
from lab.fleet.dialects.routeros_radio import radio_facts
from lab.fleet.dialects.routeros_scheduler import menu_of, scheduled
from lab.fleet.facts import Facts, PortFacts
from lab.fleet.state import DeviceState, run, save

VERSION, MODEL = "7.12.1", "RBwAPG-5HacD2HnD"
_SAVES = re.compile(r"/?system[ /]backup[ /]save name=\"?(?P<name>[\w.-]+)\"?( dont-encrypt=(yes|no)| password=\S*)*")
_COMMANDS = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^";])+')
"""Between semicolons; after one that fails the console runs no more of its line."""
_PUTS = re.compile(r':put "(?P<text>[^"\\]*)"')
_REMOVES = re.compile(r"/?file remove \[ ?find name=\"?(?P<name>[\w.-]+)\"? ?]")


class RouterOs:
    """A Dialect."""

    user = "admin"

    def factory(self, hardware: Hardware) -> Config:
        del hardware
        return BOX

    def prompt(self, state: DeviceState, session: Session) -> str:
        where = f"/{session.section[1:].replace(' ', '/')}" if session.section else ""
        return f"[{self.user}@{CONSOLE.value(state.running, IDENTITY, 'name')}] {where}> "

    def question(self, session: Session) -> str:
        return session.asking

    def answer(self, state: DeviceState, session: Session, line: str, now: float) -> Answer:
        line = line.strip()
        if session.asking:
            return Answer(state=state, reboots=line.lower() == "y")
        answer, said = Answer(state=state, session=session), list[str]()
        for command in _COMMANDS.findall(line) or [""]:
            answer = self._command(answer.state, answer.session, command.strip(), now)
            said += [answer.text] if answer.text else []
            if answer.failed:
                break
        return replace(answer, text="\n".join(said), failed=False)

    def _command(self, state: DeviceState, session: Session, line: str, now: float) -> Answer:
        if puts := _PUTS.fullmatch(line):
            return Answer(state=state, session=session, text=puts["text"])
        if line in ("", "/") or line.startswith("#"):
            return Answer(state=state, session=Session() if line == "/" else session)
        if line in ("quit", "/quit"):
            return Answer(state=state, leaves=True)
        if menu_of(line, session.section) in CONSOLE.menus:
            return Answer(state=state, session=Session(section=menu_of(line, session.section)))
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
        try:
            if "export" in words and "=" not in line:
                return Answer(state=state, session=session, text=_export(state, session, words, now))
            config = self._changed(state, line, session.section)
        except Refused as refused:
            return Answer(state=state, session=session, text=str(refused), failed=True)
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
        cable = CONSOLE.items(config, ETHERNET)[0]
        return Facts(
            hostname=CONSOLE.value(config, IDENTITY, "name"),
            location=CONSOLE.value(config, SNMP, "location"),
            radios=tuple(radio_facts(config, index) for index in range(len(RADIOS))),
            ports=(PortFacts(number=0, description=cable.get("comment", ""), enabled=cable.get("disabled") != "yes"),),
        )


def _export(state: DeviceState, session: Session, words: list[str], now: float) -> str:
    """Of the menu that is named before `export`, with all below it; secrets only where they are asked for."""
    flags, named = words[words.index("export") + 1 :], words[: words.index("export")]
    unknown = [flag for flag in flags if flag not in ("terse", "compact", "hide-sensitive", "show-sensitive")]
    if unknown:
        raise Refused(f"expected end of command (line 1 column {len(' '.join(words[: words.index(unknown[0])])) + 3})")
    menu = "/" + " ".join(named) if named else session.section
    lines = [line for line in CONSOLE.printed(state.running) if line.startswith(menu)]
    if "show-sensitive" not in flags:
        lines = [re.sub(r' secret=("(?:[^"\\]|\\.)*"|\S+)', "", line) for line in lines]
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S")
    head = [f"# {stamp} by RouterOS {VERSION}", "# software id = 4E7A-DH52", "#", f"# model = {MODEL}"]
    return "\n".join([*head, f"# serial number = {state.hardware.serial}", *lines])


def _resource(state: DeviceState, now: float) -> str:
    minutes, seconds = divmod(int(state.uptime_s(now)), 60)
    return (
        f"             uptime: {minutes // 60}h{minutes % 60}m{seconds}s\n            version: {VERSION} (stable)\n"
        f"         board-name: {MODEL}\n           platform: MikroTik"
    )
