"""A console of menus and items, as RouterOS has it: lines of an export, and the commands that change them.

A configuration is the set of lines that `/export terse` prints: a menu and one command that makes or changes one item.
What has its default value is not printed, and the names of parameters stand in the order of the alphabet.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lab.fleet.config import Config, ConfigLine

Item = Mapping[str, str]
Accepts = Callable[[str, Config], str]
"""What the console says against a value of a parameter, `{}` for its name; empty for nothing."""
_WORD = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"\[\];]+)')
_PLAIN = re.compile(r"[\w.,:/+*!-]+", re.ASCII)
_BLANK, _NAME = re.compile(r"\s*"), re.compile(r"[\w-]+(?==)")
_FIND = re.compile(r"\[\s*find\s*(?P<where>(?:[^\]\"]|\"(?:[^\"\\]|\\.)*\")*)]\s*")
_PRINTABLE = range(32, 127)


class Refused(Exception):  # noqa: N818 - the command was refused; its message is what the console prints
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """`hardware` are the items that the box comes with, by default-name; a `single` menu is one item without a name.

    `needs` are parameters without which nothing is added.
    """

    accepts: Mapping[str, Accepts]
    defaults: Mapping[str, str] = field(default_factory=dict)
    hardware: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    single: bool = False


def quoted(value: str) -> str:
    """As an export writes a value: what is no plain word stands in quotes, what is no ASCII as octets."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = re.sub(r'(["\\$?])', r"\\\1", value)
    return '"' + "".join(chr(o) if o in _PRINTABLE else f"\\{o:02X}" for o in escaped.encode()) + '"'


def _plain(inside: str) -> str:
    octets = re.sub(rb"\\([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), inside.encode())
    return re.sub(r"\\(.)", r"\1", octets.decode(errors="replace"))


def parameters(words: str, menu: Menu | None = None, config: Config = frozenset(), column: int = 0) -> dict[str, str]:
    """`a=b c="d e"`, which begins at a column of its line.

    Raises Refused for a parameter that the menu does not have, or whose value it does not take.
    """
    found: dict[str, str] = {}
    at = _after_blanks(words, 0)
    while at < len(words):
        name = _NAME.match(words, at)
        if name is None or (menu is not None and name[0] not in menu.accepts):
            raise Refused(f"expected end of command (line 1 column {column + at + 1})")
        value = _WORD.match(words, name.end() + 1)
        found[name[0]] = "" if value is None else value["bare"] or _plain(value["quoted"] or "")
        at = _after_blanks(words, value.end() if value else name.end() + 1)
        if menu is not None and (says := menu.accepts[name[0]](found[name[0]], config)):
            raise Refused(says.format(name[0]))
    return found


def _after_blanks(words: str, at: int) -> int:
    found = _BLANK.match(words, at)
    return found.end() if found else at


@dataclass(frozen=True, slots=True)
class Console:
    menus: Mapping[str, Menu]
    """By path, in the order in which an export shows them."""

    def items(self, config: Config, path: str) -> list[Item]:
        """Those of a menu, its hardware and its only item too."""
        menu = self.menus[path]
        found = [_item_of(line) for line in sorted(config) if line.section == path]
        known = {item.get("default-name") for item in found}
        untouched = [{"default-name": name, "name": name} for name in menu.hardware if name not in known]
        return [*untouched, *found] or ([{}] if menu.single else [])

    def value(self, config: Config, path: str, key: str) -> str:
        """Of the only item of a menu."""
        return self.items(config, path)[0].get(key, self.menus[path].defaults.get(key, ""))

    def printed(self, config: Config) -> list[str]:
        order = list(self.menus)
        return [f"{path} {text}" for path, text in sorted(config, key=lambda line: (order.index(line.section), line))]

    def parse(self, text: str) -> Config:
        """What `printed` printed. Raises ValueError for a menu that the console does not have."""
        return frozenset(self._line(line) for line in text.splitlines() if line)

    def _line(self, line: str) -> ConfigLine:
        path = self.path(line)
        if path is None:
            raise ValueError(f"{line}: no menu of this device")
        return ConfigLine(path, line[len(path) + 1 :])

    def path(self, line: str) -> str | None:
        """The menu that a line begins with: the longest."""
        found = [path for path in self.menus if line == path or line.startswith(f"{path} ")]
        return max(found, key=len, default=None)

    def changed(self, config: Config, line: str, at: str = "") -> Config:
        """The configuration after `MENU add|set|remove ...`, typed in the menu `at`. Raises Refused."""
        path, verb, rest = self._command(line, at)
        menu, column = self.menus[path], len(line) - len(rest)
        if verb == "add" and not menu.single and (not menu.hardware or menu.needs):
            return config | self._added(config, path, parameters(rest, menu, config, column))
        if verb not in ("set", "remove", "enable", "disable"):
            raise Refused(f"bad command name {verb} (line 1 column {column - len(verb) - (rest != '') + 1})")
        chosen, words = self._chosen(config, path, rest)
        if verb in ("enable", "disable"):
            words = f"disabled={'no' if verb == 'enable' else 'yes'}"
        given = parameters(words, menu, config, len(line) - len(words))
        return self._replaced(config, path, chosen, None if verb == "remove" else given)

    def _command(self, line: str, at: str) -> tuple[str, str, str]:
        """Menu, verb and the rest. A path may be written with blanks or with slashes."""
        spaced = re.sub(r"^/[\w/-]+", lambda path: "/" + path[0][1:].replace("/", " "), line)
        full = spaced if spaced.startswith("/") else f"{at} {spaced}".strip()
        path = self.path(full)
        if path is None:
            word = spaced.lstrip("/").partition(" ")[0]
            raise Refused(f"bad command name {word} (line 1 column {1 + spaced.startswith('/')})")
        verb, _, rest = full[len(path) :].strip().partition(" ")
        return path, verb, rest

    def _added(self, config: Config, path: str, given: Item) -> set[ConfigLine]:
        missing = [name for name in self.menus[path].needs if name not in given]
        if missing:
            raise Refused(f"missing value(s) of argument(s) {' '.join(missing)}")
        names = {item["name"] for item in self.items(config, path) if "name" in item}
        if given.get("name") in names:
            raise Refused(f"failure: already have {path.rpartition(' ')[2].lstrip('/')} with such name")
        made = self._line_of(path, given)
        return {made} if made else set()

    def _chosen(self, config: Config, path: str, rest: str) -> tuple[list[Item], str]:
        """The items that a command is about, and what follows. `find` may find none; a name must be one."""
        there, menu = self.items(config, path), self.menus[path]
        if menu.single:
            return there, rest
        found = _FIND.match(rest)
        if found:
            where = parameters(found["where"])
            fit = [i for i in there if all(i.get(k, menu.defaults.get(k)) == v for k, v in where.items())]
            return fit, rest[found.end() :]
        name, _, words = rest.partition(" ")
        named = [item for item in there if item.get("name") == name.strip('"')]
        if not named:
            raise Refused("no such item")
        return named, words

    def _replaced(self, config: Config, path: str, chosen: list[Item], given: Item | None) -> Config:
        """Each of the items with these parameters; gone without them, and hardware cannot go."""
        for item in chosen:
            if given is None and ("default-name" in item or self.menus[path].single):
                raise Refused("failure: can not remove physical interface")
            before = self._line_of(path, item)
            after = None if given is None else self._line_of(path, {**item, **given})
            config = (config - {before} if before else config) | ({after} if after else set())
        return config

    def _line_of(self, path: str, item: Item) -> ConfigLine | None:
        """As an export writes the item; None where nothing but defaults is left of one that is always there."""
        menu, name = self.menus[path], item.get("default-name")
        own = {key: value for key, value in item.items() if key != "default-name" and (key, value) != ("name", name)}
        shown = " ".join(f"{key}={quoted(own[key])}" for key in sorted(own) if own[key] != menu.defaults.get(key))
        if name or menu.single:
            which = f"[ find default-name={name} ] " if name else ""
            return ConfigLine(path, f"set {which}{shown}") if shown else None
        return ConfigLine(path, f"add {shown}")


def _item_of(line: ConfigLine) -> Item:
    """The parameters of an export's line. Hardware is called by its default-name until it has another."""
    found = re.match(r"set \[ find default-name=(\S+) ]", line.text)
    shown = parameters(line.text[found.end() if found else 3 :])
    return {"default-name": found[1], "name": found[1], **shown} if found else shown
