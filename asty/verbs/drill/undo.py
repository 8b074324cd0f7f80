"""Take a step back, while nothing stands on it."""

from datetime import UTC, datetime
from socket import gethostname

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_known import shared
from asty.drill_options import by_whom, which, why
from asty.drill_reach import Fresh, ground
from asty.drill_status import task_of, tell
from city.errors import ExitCode
from drs.drill.entry import Seen, TakenOver, Undoing
from drs.drill.of_city import StepHands


@click.command("undo")
@click.argument("step")
@why
@which
@by_whom
@json_option
@click.pass_obj
def command(call: Call, step: str, *, reason: str, name: str | None, by: str) -> ExitCode:
    """Take STEP back, where a program can, and nothing stands on it: then the drill goes on or is stopped.

    Refused while somebody conducts the drill, and once a promotion that needs STEP has been tried.
    """
    with shared(call).conducting() as kept:
        one = kept.find(name)
        journal, city = one.shared(), load(one.city)
        task = task_of(one.name, journal.run.plan, step)
        look, hold = Fresh(call, city), ground(call, city, one.name, one.custodian)
        hands = StepHands.of(city, journal.run.plan, look, hold, forget=look.forget, recall=look.recall)
        now = datetime.now(UTC)
        journal.append(TakenOver(at=now, by=by, machine=gethostname()))
        hands.can_undo(task)
        journal.append(Undoing(at=now, by=by, task=step, reason=reason))
        call.screen.line(f"{step}: {hands.undo(task)}")
        seen = hands.see(task)
        journal.append(
            Seen(
                at=datetime.now(UTC), by=by, task=step, answer=seen.answer, reason=seen.reason, witnesses=seen.witnesses
            )
        )
        return tell(call, one)
