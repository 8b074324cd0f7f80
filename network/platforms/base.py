"""What the rest of network/ knows of a family of devices: one Protocol, and its abilities as data."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from city.fingerprint import fingerprint

TOP = ""
"""The header of what stands outside every section."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Lines by the header of their section, in normal form, so that equal meaning is equal value.

    Neither sections nor the lines in one have an order: where a platform's order means something,
    its lines carry a number (`seq 10`) that says so. No section is without its header's entry.
    """

    sections: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, sections: Mapping[str, Iterable[str]]) -> "Configuration":
        return cls({TOP: frozenset(), **{header: frozenset(lines) for header, lines in sections.items()}})

    def lines(self, header: str) -> frozenset[str]:
        return self.sections.get(header, frozenset())

    @property
    def digest(self) -> str:
        """Names this content; the order it was written in changes nothing."""
        return fingerprint({header: sorted(lines) for header, lines in self.sections.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a device can do for the one who changes it. What it cannot is never pretended."""

    candidate: bool
    """Changes can be staged and looked at before any takes effect."""
    diff: bool
    """It tells itself how staged and running differ."""
    timed_revert: bool
    """It goes back by itself unless the change is confirmed in time."""
    atomic: bool
    """All lines take effect together or none does."""
    replace: bool
    """It takes a whole configuration in place of the present one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which lines are ours: those matching `lines` in sections whose header matches `header`, both wholly.

    With `exclusive`, such a section that nobody intends is removed; else it is left alone.
    """

    header: str
    lines: str
    exclusive: bool = False

    def owns(self, header: str, line: str) -> bool:
        return bool(re.fullmatch(self.header, header) and re.fullmatch(self.lines, line))


class Platform(Protocol):
    """A family of devices: its grammar, and its commands for each step of a push.

    Promise, proven by test: for every `running` and `intended`, the lines of
    `remedy(managed(running, intended), intended)` bring a device that shows `running` to one whose
    managed part is `intended`, and touch nothing else.
    """

    @property
    def name(self) -> str: ...
    @property
    def capabilities(self) -> Capabilities: ...
    @property
    def prompt(self) -> str:
        """A pattern for what ends every answer, from the start of its line; it holds no group."""
        ...

    @property
    def errors(self) -> str:
        """A pattern for a line that says a command was rejected."""
        ...

    @property
    def pipelined(self) -> bool:
        """It reads ahead faithfully: many commands may be sent before the first answer came."""
        ...

    @property
    def prepare(self) -> tuple[str, ...]:
        """Commands that a fresh session needs, so that answers come whole."""
        ...

    @property
    def show_running(self) -> str: ...
    @property
    def show_startup(self) -> str: ...
    @property
    def show_staged(self) -> str:
        """Shows changes that somebody staged and did not apply; empty where there is no candidate."""
        ...

    def parse(self, text: str) -> Configuration:
        """The configuration that a device showed; raises ValueError for a text that is not one."""
        ...

    def render(self, configuration: Configuration) -> str:
        """Text that `parse` reads back to the same value."""
        ...

    def managed(self, running: Configuration, intended: Configuration) -> Configuration:
        """The part of `running` that is ours to change: the rest of the device is left alone."""
        ...

    def remedy(self, running: Configuration, intended: Configuration) -> tuple[str, ...]:
        """Lines that make `intended` out of `running`; none where they are equal."""
        ...

    def after(self, running: Configuration, lines: Sequence[str]) -> Configuration:
        """The model of the device: what it shows once it took `lines`."""
        ...

    def arm(self, lines: Sequence[str], seconds: int) -> tuple[str, ...]:
        """Commands after which nothing has changed yet and the way back is ready."""
        ...

    def apply(self, lines: Sequence[str], seconds: int) -> tuple[str, ...]:
        """Commands, in the session that armed, after which the device runs with `lines`."""
        ...

    def confirm(self) -> tuple[str, ...]:
        """Commands, in any session, that keep the change; without effect where none waits."""
        ...

    def save(self) -> tuple[str, ...]:
        """Commands that make the running configuration the one it starts with."""
        ...

    def revert(self, inverse: Sequence[str]) -> tuple[str, ...]:
        """Commands, in any session, that go back at once: by the device, or by `inverse` lines."""
        ...

    def drop(self) -> tuple[str, ...]:
        """Commands that forget what `arm` staged, where the push ends before it applied."""
        ...
