"""Conducts a drill: does what may be done next, looks whether it is done, and keeps both before it goes on.

One process conducts at a time. It may die at any moment: whoever takes over finds in the journal what was begun,
looks how it ended, and goes on from there.
"""

import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from queue import Empty, Queue
from threading import Event, Thread
from typing import Protocol

from city.clock import Clock
from city.errors import Failed
from city.foreign import one_line
from drs.check import Answer
from drs.drill.entry import Begun, Closed, Ended, Entry, Measured, Opened, Seen, TakenOver
from drs.drill.journal import Journal
from drs.drill.known import Stage
from drs.drill.moves import Begin, Close, Look, Wait, Waiting, moves
from drs.drill.plan import Task
from drs.drill.rules import Violation
from drs.drill.run import Run, judged
from drs.step import Proof

_COME_BY_THEMSELVES = {Waiting.APPROVAL, Waiting.RESIDENTS}
"""What is waited for though nothing is under way: an agreement from elsewhere, and a moment."""


class Hands(Protocol):
    """Who does the tasks, and who looks at them. Called from threads, for several tasks at once."""

    def do(self, task: Task) -> str:
        """Do it, and say what was done; raises where it could not be. May be repeated."""
        ...

    def look(self, task: Task) -> Proof:
        """Whether it is done. Changes nothing; what cannot be seen is UNKNOWN."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long is waited between two looks, how often others are listened to who write into the journal, and how many
    tasks are done or looked at side by side: most of them wait, for a cloud or a clock, two of each service at once."""

    pause: timedelta = timedelta(seconds=2)
    listen: timedelta = timedelta(seconds=0.2)
    at_once: int = 64


@dataclass(kw_only=True)
class Conductor:
    """`by` conducts the drill of `journal` with `hands`; `report` is told each entry, and each reason to wait."""

    journal: Journal
    hands: Hands
    clock: Clock
    by: str
    report: Callable[[Entry | Wait], None]
    pace: Pace = field(default_factory=Pace)
    usual: Mapping[str, timedelta] = field(default_factory=dict)
    """How long a step takes as a rule (drs.drill.earlier)."""
    measure: Callable[[], Iterable[Measured]] = tuple
    """What was measured outside meanwhile; asked once, at the end."""
    _jobs: dict[str, datetime] = field(default_factory=dict)
    """The tasks that are being done or looked at, and until when that is in time."""
    _hidden: set[str] = field(default_factory=set)
    """The tasks that could not be seen for as long as they may take: a person has to look."""
    _late: set[str] = field(default_factory=set)
    _looks: dict[str, str] = field(default_factory=dict)
    """What was seen last of each task that is still being looked at."""
    _told: dict[str, Wait] = field(default_factory=dict)
    _results: "Queue[Ended | Seen]" = field(default_factory=Queue)
    _halt: Event = field(default_factory=Event)

    def open(self, drill: str) -> None:
        """Begin the drill, or take over the one that its journal tells of. Raises Tampered, Violation."""
        run, at, machine = self.journal.refresh(), self.clock.now(), socket.gethostname()
        if run.opened is None:
            plan = run.plan
            self._keep(Opened(at=at, by=self.by, drill=drill, mode=plan.mode, plan=plan.digest, machine=machine))
        elif run.closed is None:
            self._keep(TakenOver(at=at, by=self.by, machine=machine))

    def conduct(self) -> Run:
        """Go on until the drill is over, or until nothing goes on without a person. Call `open` first.

        Waits for approvals that may come from elsewhere. Raises DiskTrouble where the journal cannot be kept: then
        nothing is begun any more.
        """
        came: list[Ended | Seen] = []
        try:
            while self._turn(came):
                came = self._collect()
        finally:
            self._halt.set()
        return self.journal.run

    def _turn(self, came: list[Ended | Seen]) -> bool:
        """Keep what came back, and start what may be started then; whether there is something to wait for.

        Both are kept in one go, which tells as well what others wrote: services wait for each time that it takes.
        """
        run = reduce(Run.after, came, self.journal.run) if came else self.journal.refresh()
        now, stopped = self.clock.now(), run.stopped
        self._hidden |= {one.task for one in came if run.known(one.task).stage is Stage.UNSEEN}
        found = moves(run, now, frozenset(self._jobs))
        self._go_on(came, [move for move in found if isinstance(move, Begin | Look)], now)
        for move in found:
            if isinstance(move, Close):
                self._close(move, now)
            elif isinstance(move, Wait):
                self._tell(self._slow(move, now) or self._not_yet(move) or move)
        self._overdue(now)
        if self.journal.run.stopped:
            self._halt.set()
        in_time = any(until > now for until in self._jobs.values())
        comes = any(isinstance(move, Wait) and move.why in _COME_BY_THEMSELVES for move in found)
        unheard = bool(came) or self.journal.run.stopped != stopped  # what others wrote since we looked
        return not self.journal.run.closed and (in_time or comes or unheard)

    def _overdue(self, now: datetime) -> None:
        """What takes longer than it may is not known, and not waited for; others go on."""
        for task in [task for task, until in self._jobs.items() if until <= now and task not in self._late]:
            self._late.add(task)
            limit = self.journal.run.plan.by_id[task].time_limit_s
            told = f"it is still under way after {limit:g} s"
            self._keep(Seen(at=now, by=self.by, task=task, answer=Answer.UNKNOWN, reason=told))

    def _go_on(self, came: list[Ended | Seen], ahead: list[Begin | Look], now: datetime) -> None:
        """With as many as are done side by side; all that begin now are kept before any of them begins."""
        free = [move for move in ahead if move.task.id not in self._hidden][: self.pace.at_once - len(self._jobs)]
        begin = [move for move in free if isinstance(move, Begin)]
        try:
            self._keep(*came, *(Begun(at=now, by=self.by, task=move.task.id, attempt=move.attempt) for move in begin))
        except (Violation, Failed):
            self._keep(*came)
            if self.journal.run.stopped is None:
                raise
            return
        for move in free:
            self._start(move, now)

    def _close(self, move: Close, now: datetime) -> None:
        self._keep(*self.measure())
        self._keep(Closed(at=now, by=self.by, left=move.left))

    def _slow(self, wait: Wait, now: datetime) -> Wait | None:
        """That a task takes longer than three quarters of its earlier runs, long before its time is over."""
        begun, usual = self.journal.run.known(wait.task.id).begun, self.usual.get(wait.task.step)
        if wait.why is not Waiting.RUNNING or begun is None or usual is None or now - begun <= usual:
            return None
        told = f"three quarters of its earlier runs took no longer than {usual.total_seconds():g} s"
        return Wait(task=wait.task, why=Waiting.SLOW, told=told)

    def _not_yet(self, wait: Wait) -> Wait | None:
        """What was seen of a task that is looked at until it is clear: a person may know more, and need not wait."""
        reason = self._looks.get(wait.task.id)
        if wait.why is not Waiting.RUNNING or not reason:
            return None
        return Wait(task=wait.task, why=Waiting.RUNNING, told=f"not yet: {reason}")

    def _start(self, move: Begin | Look, now: datetime) -> None:
        limit = timedelta(seconds=move.task.time_limit_s)
        until = now + limit
        self._jobs[move.task.id] = until if isinstance(move, Begin) else until + limit  # as in _collect

        def work() -> None:
            look = move if isinstance(move, Look) else self._do(move)
            if look:
                self._results.put(self._seen(look, self.clock.now() + limit))

        Thread(target=work, name=move.task.id, daemon=True).start()

    def _do(self, move: Begin) -> Look | None:
        """The look that is due afterwards; none at what nobody waits for any more."""
        try:
            told, failed = self.hands.do(move.task), False
        except Exception as error:  # noqa: BLE001 - whatever a step runs into is what came of it
            told, failed = _said(error), True
        ended = Ended(
            at=self.clock.now(),
            by=self.by,
            task=move.task.id,
            attempt=move.attempt,
            told=one_line(told),
            failed=failed,
        )
        self._results.put(ended)
        return None if move.task.id in self._late else Look(task=move.task, patient=not failed)

    def _seen(self, move: Look, until: datetime) -> Seen:
        """What was seen last: at once where it is clear, else as long as the task may take."""
        clear = {Stage.PROVEN} if move.patient else {Stage.PROVEN, Stage.NOT_DONE}
        seen = self._look(move.task)
        while judged(move.task, seen)[0] not in clear and self.clock.now() < until and not self._halt.is_set():
            self._looks[move.task.id] = seen.reason
            self._halt.wait(self.pace.pause.total_seconds())
            seen = self._look(move.task)
        return seen

    def _look(self, task: Task) -> Seen:
        try:
            proof = self.hands.look(task)
        except Exception as error:  # noqa: BLE001 - who cannot look does not know
            proof = Proof(answer=Answer.UNKNOWN, reason=_said(error))
        return Seen(
            at=self.clock.now(),
            by=self.by,
            task=task.id,
            answer=proof.answer,
            reason=one_line(proof.reason),
            witnesses=proof.witnesses,
        )

    def _collect(self) -> list[Ended | Seen]:
        """What has come back, once something has, or after a pause. What ended in time is looked at now."""
        try:
            came = [self._results.get(timeout=min(self.pace.pause, self.pace.listen).total_seconds())]
        except Empty:
            return []
        while not self._results.empty():
            came.append(self._results.get())
        for one in came:
            if isinstance(one, Ended) and one.task not in self._late:
                limit = timedelta(seconds=self.journal.run.plan.by_id[one.task].time_limit_s)
                self._jobs[one.task] = self.clock.now() + limit + limit  # a look ends by itself
            else:
                self._jobs.pop(one.task, None)
                self._looks.pop(one.task, None)
        return came

    def _keep(self, *entries: Entry) -> None:
        """On the disk in one go."""
        if entries:
            self.journal.append(*entries)
        for entry in entries:
            self.report(entry)

    def _tell(self, wait: Wait) -> None:
        """Each reason once."""
        if self._told.get(wait.task.id) != wait:
            self._told[wait.task.id] = wait
            self.report(wait)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
