"""What a city asks of its drills: who may agree to a step, and how often each service is drilled."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """`key` is an OpenSSH public key, as a line of authorized_keys has it; nobody else's."""

    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilling:
    """`approvers`: where there are none, whoever agrees is taken at their word. `every`: None asks for no drill."""

    approvers: tuple[Approver, ...] = ()
    every: timedelta | None = None
