"""Whether a drill's journal is what the drill wrote, and who vouches for that besides the journal itself.

Each line carries the digest of the line before it, so a change anywhere but in the last line shows by itself. For the
last line somebody else has to vouch: who remembers its digest, or an outside time stamp.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from city.errors import NeedsPerson
from city.kept import fingerprint_of
from city.model.drilling import Timestamps
from drs.drill.folder import Kept
from drs.drill.journal import Journal, Tampered
from drs.drill.plan import Plan
from drs.drill.stamps import Stamp, stamps


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A journal that was read whole and found sound. `vouched` says who else vouches for its last line; none may.

    `torn` is how many bytes of a line a power cut left half written: nothing was done by it.
    """

    entries: int
    head: str
    closed: bool
    torn: int
    signed: int
    stamps: tuple[Stamp, ...]
    vouched: tuple[str, ...]


def verified(kept: Kept, journal: Journal, by: Timestamps | None, head: str | None) -> Verified:
    """`journal` is `kept`'s, just read. `head` is the digest of its last line as somebody wrote it down.

    Raises Tampered, Unstamped; NeedsPerson where the city's data beside it are others.
    """
    torn = journal.path.stat().st_size - journal.taken if journal.path.exists() else 0
    if torn and journal.run.closed:
        raise _tampered(journal.path, len(journal.entries) + 1, "something was written after the end of the drill")
    if head is not None and head not in journal.heads:
        raise _tampered(journal.path, len(journal.entries), f"no line of it has the digest {head}")
    unchanged(kept, journal.run.plan)
    found = stamps(kept.folder / "stamps", journal.heads, by) if by else ()
    return Verified(
        entries=len(journal.entries),
        head=journal.head,
        closed=journal.run.closed is not None,
        torn=torn,
        signed=sum(bool(getattr(entry, "signature", "")) for entry in journal.entries),
        stamps=found,
        vouched=tuple(_vouched(journal, head, found)),
    )


def _vouched(journal: Journal, head: str | None, found: Sequence[Stamp]) -> list[str]:
    last = len(journal.entries)
    told = [f"the digest that was given: {head}"] if head == journal.head else []
    told += [f"a time stamp of {one.at:%Y-%m-%d %H:%M:%S} UTC" for one in found if one.line == last]
    remembers = journal.recalled is not None and journal.recalled == (last, journal.head)
    return [*told, "this machine, which saw it written or read it before"] if remembers else told


def unchanged(kept: Kept, plan: Plan) -> None:
    """Raises NeedsPerson where the city's data beside the journal are not those that the plan was made of.

    A plan of before fingerprints were kept names none.
    """
    if plan.city and fingerprint_of(kept.city) != plan.city:
        problem = "the city's data beside the journal are not those of the day on which the drill was made"
        raise NeedsPerson(str(kept.city), problem, "Take them back from a copy; the report rests on them.")


def _tampered(path: Path, number: int, problem: str) -> Tampered:
    return Tampered(f"{path}:{number}", problem, "Keep the file as evidence, and compare it with its copy.")
