"""What a drill finds wrong at its sites: the step is refused with what a person should do, and nothing is half done."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from city.errors import Refused
from drs.check import Answer
from drs.drill.entry import Begun, Ended, Entry
from drs.drill.moves import Wait
from drs.drill.of_city import StepHands
from drs.mode import Mode
from drs.observed import known
from tests.drs.chaos.paper_city import PaperArena, impatient
from tests.drs.chaos.paper_postgres import Host
from tests.drs.twins import DATACENTRE, RECOVERY, spoilt, whole

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)


def hands(arena: PaperArena) -> StepHands:
    ground = arena.ground
    return StepHands.of(ground.sites.city, arena.plan, lambda: ground.sites, ground)


def host(arena: PaperArena, role: object = RECOVERY) -> Host:
    return next(one for one in arena.ground.databases.hosts.values() if (one.role, one.service) == (role, "portal"))


def another_timeline(arena: PaperArena) -> None:
    host(arena).timeline = 3


def broken(arena: PaperArena) -> None:
    """The slot is gone: the log that the follower needs may be, too."""
    host(arena, DATACENTRE).slots.clear()


def both_lead(arena: PaperArena) -> None:
    host(arena).following = host(arena).signal = False


@pytest.mark.parametrize(
    ("spoil", "step", "problem"),
    [
        (another_timeline, "drain:portal", "timelines 1 and 3 differ"),
        (broken, "drain:portal", r"portal-db \(recovery\) does not stream from portal-db \(datacentre\)"),
        (both_lead, "drain:portal", "does not stream from"),
        (both_lead, "promote:portal", r"portal-db \(datacentre\) leads there"),
        (both_lead, "reprotect:portal", "leads beside"),
    ],
)
def test_a_pair_that_cannot_move_is_left_as_it_is(
    tmp_path: Path, spoil: Callable[[PaperArena], None], step: str, problem: str
) -> None:
    arena = PaperArena(folder=tmp_path, mode=Mode.SWITCHOVER)
    spoil(arena)
    before = repr(arena.ground.databases.hosts)
    with pytest.raises(Refused, match=problem) as refusal:
        hands(arena).do(arena.plan.by_id[step])
    assert refusal.value.remedy
    assert repr(arena.ground.databases.hosts) == before


def test_a_recovery_site_that_is_too_small_keeps_every_service_where_it_is(tmp_path: Path) -> None:
    """One quota is full: that is said first, and no step of a service begins."""
    arena = PaperArena(folder=tmp_path, mode=Mode.SWITCHOVER)
    quotas = tuple(replace(one, limit=one.used) for one in known(whole(RECOVERY).quotas))
    arena.ground.sites = replace(arena.ground.sites, recovery=spoilt(RECOVERY, quotas=quotas))
    seen = hands(arena).look(arena.plan.by_id["site_ready"])
    assert seen.answer is Answer.UNMET and "gaps block, first" in seen.reason
    said = list[Entry | Wait]()
    arena.conduct("maria", said.append)
    begun = {one.task for one in arena.journal().entries if isinstance(one, Begun)}
    assert begun <= {"site_ready"}
    assert not arena.journal().run.closed


def test_a_refusal_stands_in_the_journal_and_what_needs_the_step_is_not_begun(tmp_path: Path) -> None:
    arena = PaperArena(folder=tmp_path, mode=Mode.SWITCHOVER)
    broken(arena)

    def agree(happened: Entry | Wait) -> None:
        if isinstance(happened, Wait) and happened.why == "AwaitingApproval":
            from drs.drill.entry import Approved  # noqa: PLC0415 - for this test alone

            now = arena.people.now()
            for by in ("nikos", "eleni"):
                until = now.replace(year=now.year + 1)
                arena.journal().append(Approved(at=now, by=by, task=happened.task.id, until=until))

    arena.conduct("maria", agree)
    ended = [one for one in arena.journal().entries if isinstance(one, Ended) and one.task == "drain:portal"]
    assert ended[0].failed and "does not stream" in ended[0].told and "Mend" in ended[0].told
    begun = {one.task for one in arena.journal().entries if isinstance(one, Begun)}
    assert "drain:identity" in begun and "promote:portal" not in begun
    assert not arena.ground.databases.splits
