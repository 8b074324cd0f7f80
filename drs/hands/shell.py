"""Commands on one host, as a step gives them."""

from collections.abc import Sequence
from typing import Protocol

from city.errors import Failed


class Declined(Failed):
    """A command ended with `code`, which is not 0; `told` is what it wrote of that."""

    def __init__(self, where: str, command: str, code: int, told: str) -> None:
        super().__init__(where, f"{command} ended with {code}: {told}", "Look at the host itself.")
        self.code, self.told = code, told


class Shell(Protocol):
    """One host, as its operator."""

    def run(self, command: Sequence[str]) -> str:
        """What it wrote, once it ended with 0. No word of it means anything to the host's shell.

        Raises Declined for another exit code, Failed where the host cannot be reached, NeedsPerson where nobody saw
        how it ended.
        """
        ...
