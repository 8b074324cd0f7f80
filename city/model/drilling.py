"""What a city asks of its drills: who may agree to a step, how often each service is drilled, who stamps the time."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """`key` is an OpenSSH public key, as a line of authorized_keys has it; nobody else's."""

    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamps:
    """An authority that stamps times (RFC 3161) at `url`; `authority` is its certificate, or its issuer's, as PEM."""

    url: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilling:
    """`approvers`: where there are none, whoever agrees is taken at their word. `every`: None asks for no drill.
    `timestamps`: None where nobody outside stamps the journals."""

    approvers: tuple[Approver, ...] = ()
    every: timedelta | None = None
    timestamps: Timestamps | None = None
