"""Every way that a failover can go, with two sites, a link between them, and an operator's process that dies.

The conductor's rules (drs.drill.run, drs.drill.moves) meet a small world. Whatever is done may work, not work, or work
without anybody hearing of it, even long after; whatever is looked at may be hidden, and one witness may be wrong.
Explored exhaustively: nothing is drawn.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import pytest

from drs.check import Answer
from drs.drill.entry import Begun, Closed, Ended, Opened, Seen, TakenOver
from drs.drill.known import Known
from drs.drill.moves import Begin, Close, Look, moves
from drs.drill.plan import Plan
from drs.drill.run import Run
from tests.drs.drill.plans import task
from tests.drs.drill.test_run import NOW

PLAN = Plan(
    mode="failover",
    tasks=(
        task("fence", fences="register"),
        task("promote", "fence", promotes="register"),
        task("serve", "promote"),
    ),
)
MOST_ATTEMPTS = 2
Running: TypeAlias = tuple[tuple[str, bool], ...]
"""Tasks under way, each with whether the world has it already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Who can write, where clients are sent, and what a process that died had sent and may still arrive."""

    old_writable: bool = True
    new_writable: bool = False
    serves_new: bool = False
    flying: frozenset[str] = frozenset()

    @property
    def split(self) -> bool:
        return self.old_writable and self.new_writable


def done(world: World, name: str) -> World:
    changes: dict[str, dict[str, bool]] = {
        "fence": {"old_writable": False},
        "promote": {"new_writable": True},
        "serve": {"serves_new": True},
    }
    return replace(world, **changes[name], flying=world.flying - {name})


def looks(world: World, name: str) -> Iterator[tuple[Answer, tuple[str, ...]]]:
    """What may be seen: the truth, or nothing. Of a fence each witness may be blind by itself."""
    yield Answer.UNKNOWN, ()
    if name != "fence":
        truth = world.new_writable if name == "promote" else world.serves_new
        yield (Answer.MET if truth else Answer.UNMET), ()
    elif world.old_writable:
        yield Answer.UNMET, ()
        yield Answer.MET, ("cloud",)
    else:
        yield from ((Answer.MET, who) for who in (("cloud",), ("client",), ("cloud", "client")))


def steps(world: World, run: Run, running: Running) -> Iterator[tuple[World, Run, Running]]:
    """All that may come next."""
    yield from moved(world, run, running)
    yield from happened(world, run, running)
    if not run.closed:  # the process dies
        sent = frozenset(name for name, arrived in running if not arrived)
        yield replace(world, flying=world.flying | sent), run.after(TakenOver(at=NOW, by="o", machine="m")), ()


def moved(world: World, run: Run, running: Running) -> Iterator[tuple[World, Run, Running]]:
    """What the conductor does."""
    mine = frozenset(name for name, _ in running)
    for move in moves(run, NOW, mine):
        match move:
            case Begin(task=one, attempt=attempt) if attempt <= MOST_ATTEMPTS:
                yield world, run.after(Begun(at=NOW, by="o", task=one.id, attempt=attempt)), (*running, (one.id, False))
            case Look(task=one):
                for answer, witnesses in looks(world, one.id):
                    known = Seen(at=NOW, by="o", task=one.id, answer=answer, reason="", witnesses=witnesses)
                    yield world, run.after(known), running
            case Close(left=left):
                yield world, run.after(Closed(at=NOW, by="o", left=left)), running


def happened(world: World, run: Run, running: Running) -> Iterator[tuple[World, Run, Running]]:
    """What the world does: tasks arrive, and come back, be it with a failure although they have worked."""
    for name, arrived in running:
        others = tuple(one for one in running if one[0] != name)
        if not arrived:
            yield done(world, name), run, (*others, (name, True))
        for failed in (False, True):
            end = Ended(at=NOW, by="o", task=name, attempt=run.known(name).attempts, told="", failed=failed)
            yield world, run.after(end), others
    yield from ((done(world, name), run, running) for name in world.flying)


def summary(run: Run) -> tuple[tuple[str, Known], ...]:
    return tuple(sorted((name, replace(known, begun=None, proven=None)) for name, known in run.tasks.items()))


def explored() -> Iterator[tuple[World, Run]]:
    opened = Opened(at=NOW, by="o", drill="d", mode=PLAN.mode, plan=PLAN.digest, machine="m")
    start: tuple[World, Run, Running] = (World(), Run(plan=PLAN).after(opened), ())
    seen, ahead = set(), [start]
    while ahead:
        world, run, running = ahead.pop()
        mark = (world, repr(summary(run)), running, run.closed is not None)
        if mark in seen:
            continue
        seen.add(mark)
        yield world, run
        ahead += steps(world, run, running)


def test_no_way_leads_to_two_sites_that_can_be_written() -> None:
    count = closed = 0
    for world, run in explored():
        count += 1
        assert not world.split, run.tasks
        assert not world.serves_new or world.new_writable, "clients were sent to a database that nobody had promoted"
        if run.closed:
            closed += 1
            assert (world.old_writable, world.new_writable, world.serves_new) == (False, True, True)
    assert count > 1000
    assert closed


def finished(world: World, run: Run) -> Run:
    """The run after somebody has taken it over to whom everything works, and nothing is hidden."""
    run = run.after(TakenOver(at=NOW, by="o", machine="m"))
    while not run.closed:
        match next(move for move in moves(run, NOW) if isinstance(move, Begin | Look | Close)):
            case Begin(task=one, attempt=attempt):
                world = done(world, one.id)
                run = run.after(Begun(at=NOW, by="o", task=one.id, attempt=attempt))
                run = run.after(Ended(at=NOW, by="o", task=one.id, attempt=attempt, told="", failed=False))
            case Look(task=one):
                run = run.after(plain_look(world, one.id))
            case Close(left=left):
                run = run.after(Closed(at=NOW, by="o", left=left))
    return run


def plain_look(world: World, name: str) -> Seen:
    true = {"fence": not world.old_writable, "promote": world.new_writable, "serve": world.serves_new}[name]
    answer = Answer.MET if true else Answer.UNMET
    return Seen(at=NOW, by="o", task=name, answer=answer, reason="", witnesses=("cloud", "client"))


@pytest.mark.slow
def test_from_everywhere_there_is_a_way_to_the_end() -> None:
    for world, run in explored():
        if not run.closed:
            assert not finished(world, run).left
