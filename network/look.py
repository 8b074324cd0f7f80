"""What a device shows now."""

from dataclasses import dataclass

from city.errors import Failed
from network.stages import Seen
from network.transports.base import Session
from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Grammar


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """`text` is as the device wrote it, `running` what it means."""

    text: str
    running: Configuration


class Unreadable(Failed):
    """The device answered, but not with a configuration, or with changes that somebody else has staged."""


def look(session: Session, device: str, platform: Grammar) -> Look:
    """The running configuration. Raises Unreadable, and what the session raises."""
    staged = (platform.show_staged,) if platform.show_staged else ()
    *pending, text = session.show([*staged, platform.show_running])
    if any(answer.strip() for answer in pending):
        raise Unreadable(
            f"device {device}", "somebody has staged changes on it that are not applied", "Apply or drop them first."
        )
    try:
        return Look(text=text, running=platform.parse(text))
    except ValueError as error:
        raise Unreadable(
            f"device {device}", str(error), "Look at what it shows; it may be another platform."
        ) from error


def starts_so(session: Session, platform: Grammar, wanted: Configuration) -> bool:
    """Whether its next start brings what is wanted; True for a platform that cannot tell. Raises as the session."""
    if not platform.show_startup:
        return True
    (text,) = session.show([platform.show_startup])
    try:
        return platform.managed(platform.parse(text), wanted) == wanted
    except ValueError:
        return False


def recognise(platform: Grammar, running: Configuration, before: Configuration, wanted: Configuration) -> Seen:
    """Which of the two it runs with, in the part that is ours."""
    ours = platform.managed(running, wanted)
    if ours == wanted:
        return Seen.INTENDED
    return Seen.BEFORE if ours == platform.managed(before, wanted) else Seen.OTHER
