"""What a device wrote, cut into the answer to each command. Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache

from city.foreign import one_line
from network.masking import masked, without
from network.transports.base import Rejected
from platforms.grammar.protocol import Grammar

_WARNING = re.compile(r"\s*%?\s*(?:warning|notice|note|info)\b", re.IGNORECASE)
_MARKER = re.compile(r"[\s^]*")
_LONGEST_PROMPT = 400
_LEAST_SHOWN = 10
"""Characters of a line that was moved to the left."""
_SHOWN = 160
"""Characters of a device's words that an error repeats."""


@lru_cache(maxsize=64)
def prompts(prompt: str) -> re.Pattern[str]:
    """Finds prompts at the beginning of a line."""
    return re.compile(rf"^(?:{prompt})", re.MULTILINE)


@lru_cache(maxsize=64)
def _last_prompt(prompt: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=[\s]))(?:{prompt})\s*\Z")


@lru_cache(maxsize=64)
def _logged(log: str) -> re.Pattern[str]:
    """Finds lines of the device's log: they may come at any moment, in the middle of anything."""
    return re.compile(rf"^(?:{log})\n", re.MULTILINE)


@lru_cache(maxsize=64)
def _refusals(errors: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{errors})\s*")


def greeted(tail: str, platform: Grammar) -> bool:
    """Whether a greeting, of which `tail` is the end, ends in a prompt; its last line need not begin with it."""
    return _last_prompt(platform.prompt).search(_last_line(tail, platform)) is not None


def ready(tail: str, platform: Grammar) -> bool:
    """Whether the device waits for a command: what it wrote, of which `tail` is the end, ends in its prompt."""
    last = _last_line(tail, platform)
    found = prompts(platform.prompt).match(last)
    return found is not None and not last[found.end() :].strip()


def question(tail: str, platform: Grammar, *, meant: bool) -> str | None:
    """What is typed where the device asks instead of going on: `tail` is the end of what it wrote.

    Whether a command is meant is answered only where the commands are `meant` to change something.
    """
    last = tail.rpartition("\n")[2]
    if not last.strip() or len(last) > _LONGEST_PROMPT:
        return None
    asked = (typed for asks, typed in platform.questions if re.fullmatch(asks, last, re.IGNORECASE))
    return next((typed for typed in asked if meant or not typed.endswith("\n")), None)


def answers(text: str, commands: Sequence[str], platform: Grammar) -> tuple[str, ...] | None:
    """The answer to each of `commands`, or None while `text` is not yet whole.

    `text` begins after the prompt at which the first was typed, or with the end of a greeting. A prompt
    counts where the next command is echoed behind it, folded or not, and the last one where nothing is:
    what merely looks like one does not. Lines of the device's log are no part of any answer.
    """
    text = _paged(text, platform)
    found: list[str] = []
    start = _echoed(text, 0, commands[0])
    for prompt in prompts(platform.prompt).finditer(text):
        if start is None:
            start = _echoed(text, prompt.end(), commands[0])
        elif len(found) + 1 < len(commands):
            after = _echoed(text, prompt.end(), commands[len(found) + 1])
            if after is not None:
                found.append(_trimmed(text[start : prompt.start()], platform))
                start = after
        elif not text[prompt.end() :].strip():
            return (*found, _trimmed(text[start : prompt.start()], platform))
    return _unechoed(text, commands, platform) if start is None else None


def check(device: str, commands: Sequence[str], found: Sequence[str], platform: Grammar) -> None:
    """Raises Rejected for the first answer in which the device says no."""
    for command, answer in zip(commands, found, strict=True):
        if said := refusal(answer, platform):
            raise rejection(device, command, said)


def check_shown(device: str, commands: Sequence[str], found: Sequence[str], platform: Grammar) -> None:
    """As `check`, for commands that show text: what stands in it is no answer, whatever it looks like."""
    for command, answer in zip(commands, found, strict=True):
        if is_whole(answer, platform):
            continue
        first = next((line for line in answer.split("\n") if not _MARKER.fullmatch(line)), "")
        if said := refusal(first, platform):
            raise rejection(device, command, said)


def is_whole(answer: str, platform: Grammar) -> bool:
    """Whether what a `show_` command wrote ends in the mark of its end."""
    last = answer.rstrip().rpartition("\n")[2].strip()
    return re.fullmatch(platform.ends, last) is not None


def refusal(answer: str, platform: Grammar) -> str:
    """The line in which the device says no; empty where it does not. A warning is none."""
    lines = answer.split("\n")
    refused = _refusals(platform.errors).fullmatch
    return next((line for line in lines if refused(line) and not _WARNING.match(line)), "")


def remarks(commands: Sequence[str], found: Sequence[str], platform: Grammar) -> tuple[str, ...]:
    """What the device said to lines that most take in silence, with the line: those it refused first."""
    said = [(command, answer) for command, answer in zip(commands, found, strict=False) if answer.strip()]
    said.sort(key=lambda pair: not refusal(pair[1], platform))
    return tuple(_remark(command, answer, platform) for command, answer in said)


def _remark(command: str, answer: str, platform: Grammar) -> str:
    shown = one_line(masked(command))
    if said := refusal(answer, platform):
        return f"it rejected {shown!r}: {words(command, said)}"
    return f"to {shown!r} it said {words(command, answer)!r}"


def rejection(device: str, command: str, said: str) -> Rejected:
    shown = one_line(masked(command))
    return Rejected(
        f"device {device}", f"it rejected {shown!r}: {words(command, said)}", "Mend that line in the city's data."
    )


def words(command: str, said: str) -> str:
    """What a device said to `command`, fit to be shown: on one line, short, without the command's secret."""
    lines = [line.strip() for line in said.split("\n") if not _MARKER.fullmatch(line)]
    told = one_line(" / ".join(masked(without(command, line)) for line in lines[:3]))
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}…"


def _last_line(tail: str, platform: Grammar) -> str:
    last = _logged(platform.log).sub("", tail).rstrip("\n").rpartition("\n")[2]
    return last if len(last) <= _LONGEST_PROMPT else ""


def _echoed(text: str, at: int, command: str) -> int | None:
    """Where the line after the echo of `command` begins, which stands at `at`; None where it does not.

    Blanks mean nothing in it: a terminal folds a long line where it likes. One that moves it to the left instead
    shows its end behind a `$`.
    """
    if text.startswith(command, at):
        at += len(command)
    elif text.startswith("$", at):
        end = text.find("\n", at)
        shown = text[at + 1 : end].rstrip()
        return end + 1 if end >= 0 and len(shown) >= _LEAST_SHOWN and command.endswith(shown) else None
    else:
        for character in "".join(command.split()):
            while text[at : at + 1].isspace():
                at += 1
            if text[at : at + 1] != character:
                return None
            at += 1
    end = text.find("\n", at)
    return end + 1 if end >= 0 and not text[at:end].strip() else None


def _paged(text: str, platform: Grammar) -> str:
    """Without lines of the log, and without the questions between pages that a device does not take back."""
    pages = [asks for asks, typed in platform.questions if typed == " "]
    text = _logged(platform.log).sub("", text)
    return re.sub(rf"^(?:{'|'.join(pages)})\n", "", text, flags=re.MULTILINE | re.IGNORECASE) if pages else text


def _unechoed(text: str, commands: Sequence[str], platform: Grammar) -> tuple[str, ...] | None:
    """The answer to one command of a device that repeats nothing."""
    if len(commands) > 1 or not ready(text[-_LONGEST_PROMPT:], platform):
        return None
    *_, last = prompts(platform.prompt).finditer(text)
    return (text[: last.start()].strip("\n"),)


def _trimmed(answer: str, platform: Grammar) -> str:
    """Without the empty lines around it, and without prompts that the device repeated after it."""
    lines = answer.rstrip("\n").split("\n")
    while lines and (not lines[-1].strip() or ready(lines[-1], platform)):
        lines.pop()
    return "\n".join(lines)
