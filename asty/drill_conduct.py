"""A drill is conducted to where it waits for a person."""

from datetime import UTC, datetime, timedelta

from asty import file_loss, lab_access
from asty.call import Call
from asty.city_data import load
from asty.drill_ahead import Ahead, places
from asty.drill_known import drills
from asty.drill_looks import Looks, together
from asty.drill_marks import Marker, Marking, Marks, doors
from asty.drill_past import readable
from asty.drill_reach import Fresh, ground
from asty.drill_status import tell
from city.clock import SystemClock
from city.errors import AstyError, ExitCode, Failed
from city.model.city import City
from city.model.drilling import Timestamps
from drs.drill.conduct import Conductor, Pace
from drs.drill.earlier import usual
from drs.drill.entry import Entry
from drs.drill.folder import Kept
from drs.drill.moves import Wait
from drs.drill.of_city import LOOK_AGAIN, StepHands
from drs.drill.run import Run
from drs.drill.stamps import stamp
from drs.drill.status import sentence
from drs.step import Mode


def conduct(call: Call, kept: Kept, by: str) -> ExitCode:
    journal, city = kept.shared(), load(kept.city)
    if not journal.run.closed:

        def report(happened: Entry | Wait) -> None:
            call.screen.line(sentence(happened))

        looks = _looks(call, kept, city)
        look, hold = Fresh(call, city), ground(call, city, kept.name, kept.custodian, looks)
        marking = _marking(call, kept, city, hold.outside)
        conductor = Conductor(
            journal=journal,
            hands=StepHands.of(city, journal.run.plan, look, hold, forget=look.forget, recall=look.recall),
            clock=SystemClock(),
            by=by,
            report=report,
            pace=Pace(pause=min(LOOK_AGAIN, timedelta(seconds=1))),
            usual=usual(readable(drills(call), kept)),
            measure=lambda: together(
                *marking.measured(by),
                *looks.measured(by, marking.opened),
                *file_loss.measured(city, hold, journal.run, by),
            ),
        )
        marking.begin()
        looks.begin()
        conductor.open(kept.name)
        ahead = Ahead(
            places=places(Mode(journal.run.plan.mode), marking.own.services), look=look.recall, reach=hold.open_lines
        )
        ahead.begin()
        try:
            conductor.conduct()
        finally:
            ahead.end()
            looks.end()
        _stamped(call, kept, city.drilling.timestamps)
    return tell(call, kept)


def _marking(call: Call, kept: Kept, city: City, street: Marker) -> Marking:
    run, home = kept.journal().run, call.prepared().home
    services = _services(run)
    others = (other for other in drills(call).every() if other.name != kept.name)
    ended = [one.closed.at for other in others if (one := _run_of(other)) and one.closed]
    return Marking(
        own=Marks(street=street, folder=kept.folder / "marks", city=city, services=services),
        standing=Marks.standing(street, home, city),
        opened=run.opened.at if run.opened else datetime.now(UTC),
        since=max(ended, default=None),
    )


def _services(run: Run) -> tuple[str, ...]:
    return tuple(dict.fromkeys(task.service for task in run.plan.tasks if task.service))


def _looks(call: Call, kept: Kept, city: City) -> Looks:
    """At those of which no marks tell."""
    there, services = call.prepared(), _services(kept.journal().run)
    marked = {name for name, *_ in doors(city, services)}
    return Looks(
        city=lab_access.observable(there, city),
        vantages=lab_access.vantages(there, city),
        services=frozenset(services) - marked,
        folder=kept.folder / "looks",
    )


def _run_of(kept: Kept) -> Run | None:
    """None of one that cannot be read."""
    try:
        return kept.journal().run
    except AstyError:
        return None


def _stamped(call: Call, kept: Kept, by: Timestamps | None) -> None:
    """By the outside authority, where the city names one; a drill is over without it, and says so."""
    if by is None:
        return
    try:
        made = stamp(kept.folder / "stamps", kept.journal().heads, by)
    except Failed as trouble:
        call.screen.line(str(trouble))
    else:
        call.screen.line(f"line {made.line} of the journal stamped at {made.at:%H:%M:%S} UTC")
