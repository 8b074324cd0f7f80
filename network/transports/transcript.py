"""What a device wrote, cut into the answer to each command. Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache

from city.errors import Failed
from network.diff import masked
from network.transports.base import Rejected
from platforms.grammar.protocol import Grammar

_CONTROL = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>])|\x00|\x07")
_BACKSPACE = re.compile(r"[^\n\x08]\x08")


@lru_cache(maxsize=64)
def prompts(prompt: str) -> re.Pattern[str]:
    """Finds prompts at the beginning of a line, each with what follows on its line."""
    return re.compile(rf"^(?:{prompt})(?=(?P<rest>[^\n]*))", re.MULTILINE)


@lru_cache(maxsize=64)
def _rejections(errors: str) -> re.Pattern[str]:
    return re.compile(rf"^(?:{errors})\s*$", re.MULTILINE)


def clean(raw: str) -> str:
    """Text with line feeds only, without what terminals use to move about."""
    text = _CONTROL.sub("", raw).replace("\r\n", "\n").replace("\r", "")
    while "\x08" in text and text != (shorter := _BACKSPACE.sub("", text)):
        text = shorter
    return text


def ready(text: str, platform: Grammar) -> bool:
    """Whether the device waits for a command: what it wrote, of which `text` is the end, ends in its prompt."""
    last = clean(text).rstrip("\n").rpartition("\n")[2]
    found = prompts(platform.prompt).match(last)
    return found is not None and not last[found.end() :].strip()


def answers(text: str, commands: Sequence[str], platform: Grammar) -> tuple[str, ...] | None:
    """The answer to each of `commands`, or None while `text` is not yet whole.

    `text` begins after the prompt at which the first was typed. A prompt counts where the next
    command is echoed behind it, the last one where nothing is: what merely looks like one does not.
    """
    found: list[str] = []
    start = 0
    for prompt in prompts(platform.prompt).finditer(text):
        following = commands[len(found) + 1 :][:1]
        if prompt["rest"].strip() != "".join(following).strip():
            continue
        if not following and text[prompt.end() :].strip():
            continue
        found.append(_without_echo(text[start : prompt.start()], commands[len(found)]))
        start = prompt.end()
        if not following:
            return tuple(found)
    return None


def check(device: str, commands: Sequence[str], found: Sequence[str], platform: Grammar) -> None:
    """Raises Rejected for the first answer in which the device says no."""
    for command, answer in zip(commands, found, strict=True):
        if said := _rejections(platform.errors).search(answer):
            raise rejection(device, command, said[0])


def rejection(device: str, command: str, said: str) -> Failed:
    return Rejected(
        f"device {device}", f"it rejected {masked(command)!r}: {said.strip()}", "Mend that line in the city's data."
    )


def _without_echo(answer: str, command: str) -> str:
    first, _, rest = answer.partition("\n")
    return rest.rstrip("\n") if first.strip() == command.strip() else answer.strip("\n")
