"""What a city asks of its drills: who may agree to a step, how often each service is drilled, who stamps the time."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from city.model.services import Tier


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


class Exercise(StrEnum):
    """The ladder of NIST SP 800-34 (3.5.3), the lowest rung first: one that is higher stands in for those below."""

    TABLETOP = "tabletop"  # those concerned talk the plan through
    FUNCTIONAL = "functional"  # the plan is carried out on a copy
    FULL_SCALE = "full-scale"  # the city really moves


def each(often: timedelta) -> tuple[tuple[Tier, timedelta], ...]:
    """The same for every tier."""
    return tuple((tier, often) for tier in Tier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilling:
    """`approvers`: where there are none, whoever agrees is taken at their word.

    `every` says of each tier how old the last proof of a service's recovery may be; a tier without one asks for none.

    `journal` is the service whose first server at the recovery site keeps the journals; empty: they lie in the
    workspace's folder. `timestamps`: None where nobody outside stamps the journals. `exercises`: how long after the
    last one of its kind the next one is held at the latest.
    """

    approvers: tuple[Approver, ...] = ()
    every: tuple[tuple[Tier, timedelta], ...] = ()
    timestamps: Timestamps | None = None
    exercises: tuple[tuple[Exercise, timedelta], ...] = ()
    journal: str = ""

    def often(self, tier: Tier) -> timedelta | None:
        """How long after its last drill a service of this tier is drilled again at the latest; None asks for none."""
        return dict(self.every).get(tier)
