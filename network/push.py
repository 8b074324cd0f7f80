"""Bring devices to what a plan says: at once, each on its own, with an outcome for every one."""

import os
import secrets
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from time import monotonic

from city.clock import Clock, SystemClock
from city.errors import AstyError
from city.inventory import Endpoint, Inventory
from city.outcome import Outcome, Status
from network.device_push import DevicePush, Tools
from network.journal import Entry, Journal
from network.limits import Limits
from network.look import look
from network.plan import Kind, PlanEntry, PushPlan, plan, unplanned
from network.platforms.registry import platform
from network.stages import Stage
from network.transports.base import Deadline, Transport

__all__ = ["plan", "push", "resume"]

OnOutcome = Callable[[Outcome], None]


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
    device that changed since the plan is one. UNKNOWN: somebody must look. No device waits for another.
    """
    tools = Tools(transport=transport, journal=journal, limits=limits or Limits())
    run = _new_run(clock or SystemClock())
    entries = {entry.device: entry for entry in plan.entries}
    todo = [_planned(run, e) for e in plan.entries if e.kind is Kind.CHANGE and e.device in inventory]
    with _alive(journal.path, run):
        journal.begin(todo)
        work = {entry.device: _pushing(tools, entry, inventory[entry.device]) for entry in todo}
        for entry in plan.entries:
            if entry.kind is Kind.SAME and entry.device in inventory:
                work[entry.device] = _checking(tools, entry, inventory[entry.device])
        found = {outcome.subject: outcome for outcome in unplanned(plan.entries)}
        for outcome in found.values():
            on_outcome(outcome)
        found |= _all(work, tools.limits.workers, on_outcome)
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

    Where nothing was touched yet, the push is done now; elsewhere the device is looked at, and
    keeps what it has or goes back. Runs that are still at work are left to themselves.
    """
    tools = Tools(transport=transport, journal=journal, limits=limits or Limits())
    left = journal.unfinished()
    found: dict[str, Outcome] = {}
    for run in sorted({entry.run for entry in left}):
        entries = [entry for entry in left if entry.run == run and entry.device in inventory]
        with _alive(journal.path, run) as ours:
            if ours:
                work = {e.device: _resuming(tools, e, inventory[e.device]) for e in entries}
                found |= _all(work, tools.limits.workers, on_outcome)
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


def _pushing(tools: Tools, entry: Entry, endpoint: Endpoint) -> Callable[[], Outcome]:
    return lambda: DevicePush(tools, entry, endpoint).push()


def _resuming(tools: Tools, entry: Entry, endpoint: Endpoint) -> Callable[[], Outcome]:
    return lambda: DevicePush(tools, entry, endpoint).resume()


def _checking(tools: Tools, entry: PlanEntry, endpoint: Endpoint) -> Callable[[], Outcome]:
    return lambda: _check(tools, entry, endpoint)


def _check(tools: Tools, entry: PlanEntry, endpoint: Endpoint) -> Outcome:
    """See that a device which needed nothing still does: the plan may be old."""
    kind, start = platform(entry.platform), monotonic()
    status, reason, evidence = Status.OK, "as intended", entry.running[:12]
    try:
        with tools.transport.open(endpoint, kind, Deadline.after(tools.limits.deadline_s)) as session:
            running = look(session, entry.device, kind).running
        wanted = kind.parse(entry.intended)
        if kind.managed(running, wanted) != wanted:
            status, reason, evidence = Status.FAILED, "its configuration changed since the plan; plan again", ""
    except AstyError as error:
        status, reason, evidence = Status.FAILED, f"{error.problem}. {error.remedy}", ""
    return Outcome(
        subject=entry.device, status=status, reason=reason, duration_s=monotonic() - start, evidence=evidence
    )


def _all(work: dict[str, Callable[[], Outcome]], workers: int, on_outcome: OnOutcome) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    with ThreadPoolExecutor(workers, thread_name_prefix="push") as pool:
        waiting = {pool.submit(_guarded, device, task): device for device, task in work.items()}
        for done in as_completed(waiting):
            found[waiting[done]] = outcome = done.result()
            on_outcome(outcome)
    return found


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
    return Outcome(subject=device, status=Status.FAILED, reason="the inventory does not say how it is reached")


def _new_run(clock: Clock) -> str:
    """Sorts by time, and says where it runs."""
    return f"{clock.now():%Y%m%dT%H%M%SZ}-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"


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
