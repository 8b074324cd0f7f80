"""What every command line is: a line in, a text out, and perhaps another state. Pure, without I/O."""

from dataclasses import dataclass
from typing import Protocol

from lab.fleet.box import Hardware
from lab.fleet.config import Config
from lab.fleet.facts import Facts
from lab.fleet.state import DeviceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Where somebody stands who is logged in. `asking` is the question whose answer comes next."""

    configuring: bool = False
    section: str = ""
    asking: str = ""


START = Session()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`text` has lines parted by newlines and none at its end. `took`: a configuration line was accepted.

    `failed` is what an exit status tells: on systems where each command ends well, it tells nothing.
    """

    state: DeviceState
    session: Session = START
    text: str = ""
    took: bool = False
    failed: bool = False
    leaves: bool = False
    reboots: bool = False


class Dialect(Protocol):
    @property
    def user(self) -> str:
        """Who logs in, as these devices come."""
        ...

    def factory(self, hardware: Hardware) -> Config:
        """The configuration that such a device comes with."""
        ...

    def prompt(self, state: DeviceState, session: Session) -> str: ...

    def question(self, session: Session) -> str:
        """What stands in the prompt's place while something is asked; empty otherwise."""
        ...

    def answer(self, state: DeviceState, session: Session, line: str, now: float) -> Answer: ...

    def print(self, config: Config, hardware: Hardware) -> str: ...

    def parse(self, text: str, hardware: Hardware) -> Config:
        """What `print` printed. Raises ValueError at a line that this device would reject."""
        ...

    def facts(self, config: Config, hardware: Hardware) -> Facts: ...
