"""What earlier drills tell: how long steps take, whose recovery was proven, which RTO cannot be kept."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from asty.call import Call
from asty.city_data import load
from asty.drill_folder import drills_of
from asty.drill_known import known
from asty.workspace import Workspace
from city.errors import AstyError
from city.model.city import City
from drs.compared import Drilled
from drs.drill.critical import TooSlow, too_slow
from drs.drill.drilled import Drill, drilled
from drs.drill.earlier import expected
from drs.drill.entry import Entry
from drs.drill.folder import Drills, Kept
from drs.drill.of_city import plan_of
from drs.drill.plan import Plan
from drs.step import Mode


def readable(drills: Drills, but: Kept | None = None) -> Iterator[tuple[Plan, Sequence[Entry]]]:
    """Every drill that can be read, but that one; one that cannot says nothing of what is usual."""
    for kept in drills.every():
        with suppress(AstyError):
            if but is None or kept.name != but.name:
                journal = kept.journal()
                yield journal.run.plan, journal.entries


def every_drill(every: Drills) -> Iterator[Drill]:
    """The oldest first. What was tampered with, or forgotten here, proves nothing."""
    for kept in every.every():
        with suppress(AstyError):
            yield Drill(name=kept.name, run=kept.journal().run, city=_city_of(kept))


def _city_of(kept: Kept) -> City | None:
    try:
        return load(kept.city)
    except AstyError:
        return None


def plans_of(city: City) -> Mapping[str, Plan]:
    """The whole plan of each mode, as it is now."""
    return {mode.value: plan_of(city, mode) for mode in Mode}


def proven(call: Call, city: City) -> tuple[Drilled, ...]:
    """Of each service the last drill that proved its recovery; nothing is read where the city asks for no drill."""
    if not city.drilling.every:
        return ()
    return drilled(every_drill(known(call.prepared(), call.screen.line)), city, plans_of(city))


def late(workspace: Workspace, city: City, mode: Mode) -> tuple[TooSlow, ...]:
    """The services whose RTO a drill of this mode cannot keep, by what earlier drills took; none without a drill."""
    took = expected(readable(drills_of(workspace)))
    return too_slow(city, plan_of(city, mode), took) if took else ()
