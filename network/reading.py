"""What a device shows: the configuration it runs with, the one it starts with, and what somebody has staged."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from city.errors import Failed
from city.foreign import one_line
from network.stages import Seen
from network.transports.base import Session
from network.transports.transcript import is_whole
from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Grammar

_LOOKS = 3
"""How often a configuration is asked for that comes without its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`text` is as the device wrote it, `running` what it means."""

    text: str
    running: Configuration


class Unreadable(Failed):
    """The device answered, but not with a whole configuration, or with changes that somebody else has staged."""


def read(session: Session, device: str, platform: Grammar) -> Reading:
    """The running configuration, proven whole. Raises Unreadable, and what the session raises."""
    if staged(session, device, platform):
        raise Unreadable(
            f"device {device}", "somebody has staged changes on it that are not applied", "Apply or drop them first."
        )
    text = _whole_text(session, platform, platform.show_running)
    if text is None:
        raise _cut_off(device, "the configuration that it shows")
    try:
        return Reading(text=text, running=platform.parse(text))
    except ValueError as error:
        problem = one_line(str(error))
        raise Unreadable(f"device {device}", problem, "Look at what it shows; it may be another platform.") from error


def staged(session: Session, device: str, platform: Grammar) -> str:
    """What somebody staged and did not apply; empty where nothing is, or where nothing can be. Raises as `read`."""
    if not platform.show_staged:
        return ""
    text = _whole_text(session, platform, platform.show_staged)
    if text is None:
        raise _cut_off(device, "what is staged on it")
    lines = (line for line in text.split("\n") if not re.fullmatch(f"{platform.ends}|{platform.errors}", line))
    return "\n".join(lines).strip()


def staged_by(lines: Sequence[str], text: str) -> bool:
    """Whether all that `text` shows as staged comes from our `lines`, and so may be dropped by us."""
    return all(any(_comes_from(line, told.strip()) for line in lines) for told in text.splitlines() if told.strip())


def starts_so(session: Session, platform: Grammar, wanted: Configuration, running: Configuration) -> bool:
    """Whether its next start brings what is wanted, but for sections that are somebody else's in what it runs with.

    True for a platform that cannot tell. Raises as the session.
    """
    if not platform.show_startup:
        return True
    held = platform.managed(running, wanted)
    theirs = {header for header, lines in held.sections.items() if not lines <= running.lines(header)}
    text = _whole_text(session, platform, platform.show_startup)
    try:
        found = platform.managed(platform.parse(text or ""), wanted)
    except ValueError:
        return False
    return _besides(theirs, found) == _besides(theirs, wanted)


def _besides(theirs: Collection[str], configuration: Configuration) -> dict[str, frozenset[str]]:
    return {header: lines for header, lines in configuration.sections.items() if header not in theirs}


def recognise(platform: Grammar, running: Configuration, before: Configuration, wanted: Configuration) -> Seen:
    """Which of the two it runs with, in the part that is ours."""
    ours = platform.managed(running, wanted)
    if ours == wanted:
        return Seen.INTENDED
    return Seen.BEFORE if ours == platform.managed(before, wanted) else Seen.OTHER


def on_the_way(platform: Grammar, now: Configuration, before: Configuration, wanted: Configuration) -> bool:
    """Whether all that differs from before comes from our change: whoever takes it back takes nothing of others."""
    old = _lines(platform.managed(before, wanted))
    return _lines(platform.managed(now, wanted)) ^ old <= _lines(wanted) ^ old


def _lines(configuration: Configuration) -> set[tuple[str, str]]:
    return {(header, line) for header, lines in configuration.sections.items() for line in ("", *lines)}


def _whole_text(session: Session, platform: Grammar, command: str) -> str | None:
    """What the command shows, asked for again while it comes without its end; None where that never comes."""
    for _ in range(_LOOKS):
        (text,) = session.show([command])
        if is_whole(text, platform):
            return text
    return None


def _cut_off(device: str, what: str) -> Unreadable:
    return Unreadable(f"device {device}", f"{what} has no end: it was cut off", "Look at what it shows.")


def _comes_from(line: str, told: str) -> bool:
    """Quotes mean nothing; `-wireless.x.y` comes from the deletion of `wireless.x` too."""
    line, told = line.replace("'", ""), told.replace("'", "")
    gone = line.rpartition(" ")[2]
    return line.endswith(f" {told}") or told == f"-{gone}" or told.startswith(f"-{gone}.")
