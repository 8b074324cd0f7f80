"""The life of one device's push. Pure; the journal keeps each stage before the step that leaves it.

    planned -> locked -> backed-up -> armed -> applied -> verified -> confirmed
    any trouble before armed:   refused   (nothing was changed), or unknown where staged lines may be left
    any trouble from armed on:  reverted  (seen with its old configuration) or unknown (a person looks)

Invariants, held by the test on every path with crashes anywhere:
  1. nothing is applied to a device whose configuration is not backed up and whose way back is not ready;
  2. lines are sent at most once: whoever comes back after a crash looks and settles, never sends again;
  3. a change ends confirmed, reverted or unknown, and only what was read back makes it one of the first two;
  4. what is over stays over.
"""

from enum import StrEnum


class Stage(StrEnum):
    """What has been reached; the step that follows may have begun, that is what a crash leaves open."""

    PLANNED = "planned"
    LOCKED = "locked"
    BACKED_UP = "backed-up"
    ARMED = "armed"
    APPLIED = "applied"
    VERIFIED = "verified"
    CONFIRMED = "confirmed"
    REVERTED = "reverted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Result(StrEnum):
    """How a step ended. From ARMED on, `FAILED` says that the old configuration was read back."""

    DONE = "done"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class Seen(StrEnum):
    """What a look at the device shows of its managed part."""

    INTENDED = "intended"
    BEFORE = "before"
    OTHER = "other"
    NOTHING = "nothing"


class Next(StrEnum):
    """What to do with a device that a crash left in the middle."""

    START = "start"
    KEEP = "keep"
    GO_BACK = "go-back"
    CLOSE_REVERTED = "close-reverted"
    ASK_PERSON = "ask-person"


ORDER = (
    Stage.PLANNED,
    Stage.LOCKED,
    Stage.BACKED_UP,
    Stage.ARMED,
    Stage.APPLIED,
    Stage.VERIFIED,
    Stage.CONFIRMED,
)
FINAL = frozenset({Stage.CONFIRMED, Stage.REVERTED, Stage.REFUSED, Stage.UNKNOWN})
NOT_BEGUN = frozenset({Stage.PLANNED, Stage.LOCKED})
"""Nothing was said to the device that it keeps: whoever comes back may start, or drop it for a later plan."""
UNTOUCHED = NOT_BEGUN | {Stage.BACKED_UP}
"""Nothing of the device's running configuration was changed yet; its timer may run, or lines be staged."""


def advance(stage: Stage, result: Result) -> Stage:
    """The stage after a step of `stage` ended with `result`. Raises ValueError for a stage that is final."""
    if stage in FINAL:
        raise ValueError(f"a push that is {stage} has no next step")
    if result is Result.DONE:
        return ORDER[ORDER.index(stage) + 1]
    if result is Result.UNCERTAIN:
        return Stage.UNKNOWN
    return Stage.REFUSED if stage in UNTOUCHED else Stage.REVERTED


def settle(stage: Stage, seen: Seen, *, went_back: bool) -> Next:
    """What to do with a device at `stage` that now shows `seen`; `went_back` where reverting was tried already.

    A device from BACKED_UP on is never sent its lines again: it keeps what it has or goes back. Where
    they were not sent yet, what else it shows is somebody's own, and is not taken from it.
    """
    if stage in FINAL:
        raise ValueError(f"a push that is {stage} is settled")
    if stage in NOT_BEGUN:
        return Next.START
    if seen is Seen.INTENDED and not went_back:
        return Next.KEEP
    if seen is Seen.BEFORE:
        return Next.CLOSE_REVERTED
    if went_back or seen is Seen.NOTHING or stage is Stage.BACKED_UP:
        return Next.ASK_PERSON
    return Next.GO_BACK
