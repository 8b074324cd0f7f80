"""`asty drill run`, and what belongs to a drill under way: who agrees, answers, takes over, stops."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path
from threading import Lock
from time import monotonic

import click

from asty import databases, gathering, lab_access
from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_ground import CityGround
from asty.drill_marks import Marking
from asty.workspace import Workspace
from city.clock import SystemClock
from city.errors import AstyError, ExitCode, Failed, InvalidInput, Refused
from city.model.city import City
from city.model.drilling import Timestamps
from drs.compared import Drilled, Sites
from drs.drill.conduct import Conductor, Pace
from drs.drill.critical import TooSlow, too_slow
from drs.drill.drilled import Drill, drilled
from drs.drill.earlier import expected, usual
from drs.drill.entry import Approved, Entry, Overridden, Stopped
from drs.drill.folder import Drills, Kept
from drs.drill.moves import Wait
from drs.drill.of_city import LOOK_AGAIN, StepHands, plan_of
from drs.drill.plan import Plan, Task
from drs.drill.signature import Locked, Signed, read_key, sign
from drs.drill.stamps import stamp
from drs.drill.status import as_json, exit_code, lines, sentence
from drs.step import Mode
from infra.hosts.access import Bounds

by_whom = click.option("--by", default=getuser, help="Your name in the journal; else the one you signed in with.")
which = click.option("--drill", "name", help="Which drill; else the latest.")
_key = click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file of your private SSH key; needed where city.yaml names approvers.",
)
why = click.option("--reason", required=True, help="Why, in words that an auditor understands.")


def drills(call: Call) -> Drills:
    return drills_of(call.prepared())


def drills_of(workspace: Workspace) -> Drills:
    """Where its drills are kept, whether or not there is one."""
    return Drills(root=workspace.pulumi.parent / "drills", memory=workspace.home / "drills-seen")


@click.command("run")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), required=True)
@click.option("--service", "services", multiple=True, help="Only these; else all that are in the cloud.")
@by_whom
@json_option
@click.pass_obj
def run(call: Call, mode: str, services: tuple[str, ...], by: str) -> ExitCode:
    """Begin a drill, and conduct it: each step is taken, and proven by looking at both sites before the next begins.

    What a program cannot do is told to a person, who does it.
    A step that asks for agreement waits for `asty drill approve` from another terminal. The journal is kept at the
    recovery site; after a kill, a reboot, or on another machine, `asty drill resume` goes on.
    """
    kept = drills(call)
    with kept.conducting():
        for other in kept.every():
            if not other.journal().run.closed:
                remedy = "Go on with `asty drill resume`, or end it with `asty drill stop`."
                raise Refused(f"drill {other.name}", "it is not over", remedy)
        folder = call.prepared().city_folder
        plan = plan_of(load(folder), Mode(mode), services)
        return _conduct(call, kept.make(plan, folder, datetime.now(UTC)), by)


@click.command("resume")
@which
@by_whom
@json_option
@click.pass_obj
def resume(call: Call, name: str | None, by: str) -> ExitCode:
    """Go on with a drill from its journal: what was under way is looked at first, what failed is tried once more."""
    kept = drills(call)
    with kept.conducting():
        return _conduct(call, kept.find(name), by)


def _conduct(call: Call, kept: Kept, by: str) -> ExitCode:
    journal, city = kept.journal(), load(kept.city)
    if not journal.run.closed:

        def report(happened: Entry | Wait) -> None:
            call.screen.line(sentence(happened))

        look, hold = Fresh(call, city), ground(call, city)
        marking = Marking(street=hold.outside, folder=kept.folder / "marks", city=city, plan=journal.run.plan)
        conductor = Conductor(
            journal=journal,
            hands=StepHands.of(city, journal.run.plan, look, hold, look.forget),
            clock=SystemClock(),
            by=by,
            report=report,
            pace=Pace(pause=min(LOOK_AGAIN, timedelta(seconds=1))),
            usual=usual(readable(drills(call), kept)),
            measure=lambda: marking.measured(by),
        )
        marking.begin()
        conductor.open(kept.name)
        conductor.conduct()
        _stamped(call, kept, city.drilling.timestamps)
    return tell(call, kept)


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


def readable(drills: Drills, but: Kept | None = None) -> Iterator[tuple[Plan, Sequence[Entry]]]:
    """Every drill that can be read, but that one; one that cannot says nothing of what is usual."""
    for kept in drills.every():
        with suppress(AstyError):
            if kept != but:
                journal = kept.journal()
                yield journal.run.plan, journal.entries


def late(workspace: Workspace, city: City, mode: Mode) -> tuple[TooSlow, ...]:
    """The services whose RTO a drill of this mode cannot keep, by what earlier drills took; none without a drill."""
    took = expected(readable(drills_of(workspace)))
    return too_slow(city, plan_of(city, mode), took) if took else ()


def proven(call: Call, city: City) -> tuple[Drilled, ...]:
    """Of each service the last drill that proved its recovery; nothing is read where the city asks for no drill."""
    if city.drilling.every is None:
        return ()
    steps = {mode.value: _steps(city, mode) for mode in Mode}
    return drilled(_readable(drills(call)), city, steps)


def _steps(city: City, mode: Mode) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for task in plan_of(city, mode).tasks:
        found.setdefault(task.service, set()).add(task.step)
    return {service: frozenset(own) for service, own in found.items()}


def _readable(every: Drills) -> Iterator[Drill]:
    """What was tampered with, or forgotten here, proves nothing."""
    for kept in every.every():
        with suppress(AstyError):
            yield Drill(name=kept.name, run=kept.journal().run, city=_city_of(kept))


def _city_of(kept: Kept) -> City | None:
    try:
        return load(kept.city)
    except AstyError:
        return None


def ground(call: Call, city: City) -> CityGround:
    """The hands on both sites; nothing is reached before a step asks for it."""
    workspace = call.prepared()
    clouds = lab_access.params(workspace).clouds_yaml
    access = lab_access.hosts(workspace, "root", None, Bounds())
    return CityGround(city=city, clouds=clouds, access=access, outside=lab_access.street(workspace))


class Fresh:
    """Both sites as they were a few seconds ago at most: tasks that are looked at side by side share one look.

    Until something was done, databases are asked as well, as readiness wants it; then steps ask them themselves.
    """

    def __init__(self, call: Call, city: City) -> None:
        workspace = call.prepared()
        self._city, self._lock = city, Lock()
        self._stacks = gathering.evidence(city, lab_access.project(workspace, call.screen.line))
        self._views = gathering.views(city, lab_access.params(workspace).clouds_yaml)
        self._hosts = databases.of_lab(workspace, city)
        self._untouched = True
        self._latest: tuple[float, Sites] | None = None

    def __call__(self) -> Sites:
        with self._lock:
            if self._latest is None or monotonic() - self._latest[0] > LOOK_AGAIN.total_seconds() / 2:
                begun, now, hosts = monotonic(), datetime.now(UTC), self._hosts if self._untouched else None
                sites = gathering.observe(self._city, self._stacks, self._views, now, hosts)
                self._latest = (begun, sites)
            return self._latest[1]

    def forget(self) -> None:
        with self._lock:
            self._latest, self._untouched = None, False


def tell(call: Call, kept: Kept) -> ExitCode:
    journal, now = kept.journal(), datetime.now(UTC)
    call.screen.result(as_json(kept.name, journal.run, journal.head, now), lines(kept.name, journal.run, now))
    return exit_code(journal.run)


@click.command("status")
@which
@json_option
@click.pass_obj
def status(call: Call, name: str | None) -> ExitCode:
    """Show where a drill stands: each step, what it waits for, and the digest that closes its journal so far.

    Exit 0 where every step is proven, 1 where some are left, 4 where somebody has to look. Reading the journal
    proves it: a line that was changed is named.
    """
    return tell(call, drills(call).find(name))


@click.command("approve")
@click.argument("steps", nargs=-1, required=True)
@click.option("--for", "minutes", type=click.IntRange(1, 24 * 60), default=30, show_default=True, help="Minutes.")
@which
@by_whom
@_key
@json_option
@click.pass_obj
def approve(  # noqa: PLR0913 - one per option
    call: Call, steps: tuple[str, ...], *, minutes: int, name: str | None, by: str, key: Path | None
) -> ExitCode:
    """Agree that each STEP is done, if it begins in time. Two who agree are two names: yours is `--by`.

    Where the city declares `drills: approvers`, an agreement counts only with a signature by the key declared there.
    """
    now = datetime.now(UTC)
    until = now + timedelta(minutes=minutes)
    *before, last = (Approved(at=now, by=by, task=step, until=until) for step in steps)
    for one in before:
        _add(call, name, one, key=key, quiet=True)
    return _add(call, name, last, key=key)


@click.command("override")
@click.argument("step")
@why
@which
@by_whom
@_key
@json_option
@click.pass_obj
def override(call: Call, step: str, *, reason: str, name: str | None, by: str, key: Path | None) -> ExitCode:  # noqa: PLR0913 - one per option
    """Answer by name for going on as if STEP were proven, where nothing can prove it any more."""
    return _add(call, name, Overridden(at=datetime.now(UTC), by=by, task=step, reason=reason), key=key)


def task_of(drill: str, plan: Plan, step: str) -> Task:
    if step not in plan.by_id:
        raise InvalidInput(f"step {step}", f"drill {drill} has no such step", "`asty drill status` names them.")
    return plan.by_id[step]


@click.command("stop")
@why
@which
@by_whom
@json_option
@click.pass_obj
def stop(call: Call, *, reason: str, name: str | None, by: str) -> ExitCode:
    """Begin no further step; what is under way comes to its end, and what was done stays done."""
    code = _add(call, name, Stopped(at=datetime.now(UTC), by=by, reason=reason), quiet=True)
    kept = drills(call)
    try:
        with kept.conducting():
            return _conduct(call, kept.find(name), by)  # nobody conducts it: it is closed here
    except Refused:
        tell(call, kept.find(name))
        return code


def _add(
    call: Call,
    name: str | None,
    entry: Approved | Overridden | Stopped,
    *,
    quiet: bool = False,
    key: Path | None = None,
) -> ExitCode:
    """Write the entry into the journal that another process may be conducting."""
    kept = drills(call).find(name)
    journal = kept.journal()
    if not isinstance(entry, Stopped):
        task_of(kept.name, journal.run.plan, entry.task)
    if not isinstance(entry, Stopped) and journal.run.plan.keys:
        entry = _sign(kept, journal.run.plan, entry, key)
    journal.append(entry)
    call.screen.line(sentence(entry))
    return ExitCode.DONE if quiet else _tell_done(call, kept)


def _sign(kept: Kept, plan: Plan, entry: Signed, file: Path | None) -> Signed:
    if file is None:
        remedy = "Give `--key` with the file of your private SSH key."
        raise InvalidInput(f"drill {kept.name}", "who agrees to its steps signs", remedy)
    try:
        key = read_key(file)
    except Locked:
        key = read_key(file, click.prompt(f"Passphrase of {file}", hide_input=True, err=True))
    return sign(kept.name, plan.digest, entry, key)


def _tell_done(call: Call, kept: Kept) -> ExitCode:
    journal, now = kept.journal(), datetime.now(UTC)
    call.screen.result(as_json(kept.name, journal.run, journal.head, now), ())
    return ExitCode.DONE


COMMANDS = (run, resume, status, approve, override, stop)
