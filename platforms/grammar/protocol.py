"""What a push knows of a family of devices: one Protocol, and its abilities as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from platforms.grammar.configuration import Configuration

if TYPE_CHECKING:
    from platforms.grammar.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a device can do for the one who changes it. What it cannot is never pretended."""

    candidate: bool
    """Changes can be staged and looked at before any takes effect."""
    timed_revert: bool
    """It goes back by itself unless the change is confirmed in time."""


class Grammar(Protocol):
    """How a family of devices writes its configuration, and its commands for each step of a push.

    Promise, proven by test: for every `running` and `intended`, the lines of
    `remedy(managed(running, intended), intended)` bring a device that shows `running` to one whose
    managed part is `intended`, and touch nothing else.
    """

    @property
    def name(self) -> str: ...
    @property
    def capabilities(self) -> Capabilities: ...
    @property
    def scope(self) -> "tuple[Scope, ...]":
        """What of a device is ours."""
        ...

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
        """Commands that a fresh session is better for; whether the device knows them does not matter."""
        ...

    @property
    def log(self) -> str:
        """A pattern for a line that the device may write at any moment, in the middle of anything: no answer."""
        ...

    @property
    def questions(self) -> tuple[tuple[str, str], ...]:
        """What it may ask before an answer is whole (a pattern for its last line), and what is typed then.

        What ends in a line feed says that a command was meant; the rest only goes on reading.
        """
        ...

    @property
    def show_running(self) -> str: ...
    @property
    def show_startup(self) -> str: ...
    @property
    def show_staged(self) -> str:
        """Shows changes that somebody staged and did not apply; empty where there is no candidate."""
        ...

    @property
    def ends(self) -> str:
        """A pattern for the last line of what a `show_` command writes, where it is whole: never of one in between."""
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
