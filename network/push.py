"""Bring devices to what a plan says: at once, each on its own, with an outcome for every one.

Ctrl-C begins no further device and ends the sessions (network.at_once); `resume` settles what was cut off.
"""

import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import partial
from pathlib import Path
from time import monotonic

from city.clock import Clock, SystemClock
from city.errors import AstyError
from city.inventory import Endpoint, Inventory
from city.outcome import Outcome, Status
from network.at_device import Tools
from network.at_once import at_once
from network.device_push import DevicePush
from network.journal import Journal
from network.journal_entry import Entry
from network.limits import Limits
from network.patience import open_patiently
from network.plan import NOWHERE, Kind, PlanEntry, PushPlan, plan, unplanned
from network.reading import read, starts_so
from network.stages import FINAL, Stage
from network.transports.base import Deadline, Transport
from platforms.registry import grammar

__all__ = ["plan", "push", "resume"]

_GRACE_S = 0.5
"""How long a push that has begun may go on after Ctrl-C: what is nearly done ends by itself."""

OnOutcome = Callable[[Outcome], None]
Work = dict[str, Callable[[], Outcome]]


def push(  # noqa: PLR0913 - what is pushed, what reaches and remembers it, and how fast
    plan: PushPlan,
    inventory: Inventory,
    *,
    transport: Transport,
    journal: Journal,
    limits: Limits | None = None,
    clock: Clock | None = None,
    on_outcome: OnOutcome = lambda _: None,
) -> tuple[Outcome, ...]:
    """Do exactly what `plan` says; outcomes in its order, `on_outcome` as each comes.

    OK: as intended already, looked at again and left alone. CHANGED: changed, read back over a new
    session, confirmed and saved. FAILED: not changed, or back to what it was, with the reason; a
    device that changed since the plan is one, or that another run has open. UNKNOWN: somebody must look.
    SKIPPED: no push is known for its platform.
    No device waits for another. What runs that were cut off planned for these devices and did not begin is dropped.
    """
    tools = Tools(transport=transport, journal=journal, limits=limits or Limits())
    run = _new_run(clock or SystemClock())
    entries = {entry.device: entry for entry in plan.entries}
    todo = [_planned(run, e) for e in plan.entries if e.kind is Kind.CHANGE and e.device in inventory]
    with _alive(journal.path, run):
        over = {entry.run for entry in journal.unfinished()} - {run}
        others = journal.begin(run, todo, entries.keys(), {other for other in over if _is_over(journal.path, other)})
        work: Work = {e.device: partial(_push, tools, e, inventory[e.device]) for e in todo}
        same = [entry for entry in plan.entries if entry.kind is Kind.SAME and entry.device in inventory]
        work |= {e.device: partial(_check, tools, e, inventory[e.device], others.get(e.device, "")) for e in same}
        found = {outcome.subject: outcome for outcome in unplanned(plan.entries)}
        for outcome in found.values():
            on_outcome(outcome)
        found |= _all(work, tools, on_outcome)
    return tuple(found.get(device) or _nowhere(device) for device in entries)


def resume(
    journal: Journal,
    inventory: Inventory,
    *,
    transport: Transport,
    limits: Limits | None = None,
    on_outcome: OnOutcome = lambda _: None,
) -> tuple[Outcome, ...]:
    """Settle every device that a run left in the middle when its process died.

    Where nothing had begun yet, the push is done now; elsewhere the device is looked at, and
    keeps what it has or goes back. Runs that are still at work are left to themselves.
    """
    tools = Tools(transport=transport, journal=journal, limits=limits or Limits())
    found: dict[str, Outcome] = {}
    for run in sorted({entry.run for entry in journal.unfinished()}):
        with _alive(journal.path, run) as ours:
            left = [entry for entry in journal.of_run(run) if entry.stage not in FINAL] if ours else []
            work: Work = {entry.device: partial(_resume, tools, entry, inventory.get(entry.device)) for entry in left}
            found |= _all(work, tools, on_outcome)
    return tuple(found.values())


def _planned(run: str, entry: PlanEntry) -> Entry:
    return Entry(
        run=run,
        device=entry.device,
        platform=entry.platform,
        stage=Stage.PLANNED,
        running_digest=entry.running,
        intended=entry.intended,
        diff=entry.diff,
    )


def _push(tools: Tools, entry: Entry, endpoint: Endpoint) -> Outcome:
    return DevicePush(tools, entry, endpoint).push()


def _resume(tools: Tools, entry: Entry, endpoint: Endpoint | None) -> Outcome:
    if endpoint is None:
        reason = f"{NOWHERE}; run {entry.run} left it {entry.stage}, and it stays so until it is reached again"
        return Outcome(subject=entry.device, status=Status.UNKNOWN, reason=reason)
    return DevicePush(tools, entry, endpoint).resume()


def _check(tools: Tools, entry: PlanEntry, endpoint: Endpoint, other: str) -> Outcome:
    """See that a device which needed nothing still does: the plan may be old, or run `other` may be at it."""
    start = monotonic()
    try:
        trouble = _in_hand(other) if other else _moved(tools, entry, endpoint)
    except AstyError as error:
        trouble = f"{error.problem}. {error.remedy}"
    return Outcome(
        subject=entry.device,
        status=Status.FAILED if trouble else Status.OK,
        reason=trouble or "as intended",
        duration_s=monotonic() - start,
        evidence="" if trouble else entry.running[:12],
    )


def _in_hand(run: str) -> str:
    return f"run {run} has it in hand, or left it so: wait for its end, or settle it with `asty push --resume`"


def _moved(tools: Tools, entry: PlanEntry, endpoint: Endpoint) -> str:
    """Why the device is no longer as intended; empty where it is."""
    kind = grammar(entry.platform)
    wanted = kind.parse(entry.intended)
    deadline = Deadline.after(tools.limits.deadline_s, tools.stop)
    with open_patiently(tools.transport, endpoint, kind, deadline) as session:
        running = read(session, entry.device, kind).running
        same = kind.managed(running, wanted) == wanted
        still = same and starts_so(session, kind, wanted, running)
    return "" if still else "its configuration changed since the plan; plan again"


def _all(work: Work, tools: Tools, on_outcome: OnOutcome) -> dict[str, Outcome]:
    guarded = {device: partial(_guarded, device, task) for device, task in work.items()}
    return at_once(guarded, tools.limits.workers, lambda _, outcome: on_outcome(outcome), tools.stop, _GRACE_S)


def _guarded(device: str, task: Callable[[], Outcome]) -> Outcome:
    """A fault of ours on one device must not hide what became of the others."""
    try:
        return task()
    except Exception as error:  # noqa: BLE001 - it is told as what it is: nobody knows how the device stands
        return Outcome(
            subject=device,
            status=Status.UNKNOWN,
            reason=f"the push itself broke ({error!r}); resume it, then look at the device",
        )


def _nowhere(device: str) -> Outcome:
    return Outcome(subject=device, status=Status.FAILED, reason=NOWHERE)


def _new_run(clock: Clock) -> str:
    """Sorts by time, and says where it runs."""
    return f"{clock.now():%Y%m%dT%H%M%SZ}-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"


def _is_over(journal: Path, run: str) -> bool:
    with _alive(journal, run) as ours:
        return ours


@contextmanager
def _alive(journal: Path, run: str) -> Iterator[bool]:
    """Hold the run's lock file while its process lives; False where another process holds it."""
    folder = journal.with_name(f"{journal.stem}-runs")
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / run
    with file.open("w", encoding="utf-8") as held:
        try:
            flock(held, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
        file.unlink(missing_ok=True)
