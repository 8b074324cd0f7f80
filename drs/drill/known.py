"""What is known of one task of a drill."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """What is known of one task."""

    NOT_BEGUN = "not begun"  # nobody has looked or begun
    UNDER_WAY = "under way"  # begun; what came of it is not known
    RETURNED = "returned"  # it came back; nobody has looked yet
    NOT_DONE = "not done"  # somebody looked, and it is not done
    UNSEEN = "unseen"  # somebody looked, and could not see whether it is done
    PROVEN = "proven"
    OVERRIDDEN = "overridden"  # a person answers for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Of one task. `running` is an attempt that has not come back to whoever conducts the drill now, `tried` one that
    they have begun at all; `failed` says that the last one that came back could not be done."""

    stage: Stage = Stage.NOT_BEGUN
    attempts: int = 0
    running: bool = False
    tried: bool = False
    failed: bool = False
    reason: str = ""
    begun: datetime | None = None
    proven: datetime | None = None
    approvals: Mapping[str, datetime] = field(default_factory=dict)

    def approved(self, at: datetime) -> tuple[str, ...]:
        """Who agrees, and whose agreement has not run out."""
        return tuple(sorted(by for by, until in self.approvals.items() if until > at))
