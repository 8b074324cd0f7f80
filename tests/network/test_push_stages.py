from collections.abc import Iterator
from itertools import product

import pytest

from network.stages import FINAL, NOT_BEGUN, ORDER, UNTOUCHED, Next, Result, Seen, Stage, advance, settle

CRASH = "crash"
Step = tuple[Stage, str]


def settled(stage: Stage) -> Iterator[tuple[tuple[Step, ...], Stage]]:
    """Every way in which somebody who comes back to `stage` can end."""
    for first, second in product(Seen, Seen):
        match settle(stage, first, went_back=False):
            case Next.KEEP:
                for result in Result:
                    yield ((stage, f"look {first}"), (Stage.VERIFIED, result)), advance(Stage.VERIFIED, result)
            case Next.CLOSE_REVERTED:
                yield ((stage, f"look {first}"),), Stage.REVERTED
            case Next.GO_BACK:
                after = settle(stage, second, went_back=True)
                end = Stage.REVERTED if after is Next.CLOSE_REVERTED else Stage.UNKNOWN
                yield ((stage, f"look {first}"), (stage, f"look {second}")), end
            case Next.ASK_PERSON:
                yield ((stage, f"look {first}"),), Stage.UNKNOWN


def every_path(stage: Stage, path: tuple[Step, ...] = (), crashes: int = 2) -> Iterator[tuple[tuple[Step, ...], Stage]]:
    """Every way through a push, with up to two crashes anywhere."""
    if stage in FINAL:
        yield path, stage
        return
    for result in Result:
        yield from every_path(advance(stage, result), (*path, (stage, result)), crashes)
    if crashes and stage in NOT_BEGUN:
        yield from every_path(Stage.PLANNED, (*path, (stage, CRASH)), crashes - 1)
    elif crashes:
        yield from (((*path, (stage, CRASH), *rest), end) for rest, end in settled(stage))


PATHS = list(every_path(Stage.PLANNED))


def test_lines_are_sent_at_most_once() -> None:
    for path, _ in PATHS:
        assert sum(stage is Stage.ARMED and step in set(Result) for stage, step in path) <= 1


def test_nothing_is_sent_without_a_backup_and_a_way_back() -> None:
    for path, _ in PATHS:
        steps = list(path)
        if any(stage is Stage.ARMED for stage, _ in steps):
            sent = next(i for i, (stage, _) in enumerate(steps) if stage is Stage.ARMED)
            assert (Stage.LOCKED, Result.DONE) in steps[:sent]
            assert (Stage.BACKED_UP, Result.DONE) in steps[:sent]


def test_once_armed_nobody_starts_over() -> None:
    for path, _ in PATHS:
        stages = [stage for stage, _ in path]
        if Stage.ARMED in stages:
            assert not UNTOUCHED & set(stages[stages.index(Stage.ARMED) :])


def test_what_somebody_else_did_before_our_lines_were_sent_is_left_to_him() -> None:
    assert settle(Stage.BACKED_UP, Seen.OTHER, went_back=False) is Next.ASK_PERSON


def test_success_was_seen() -> None:
    for path, end in PATHS:
        if end is Stage.CONFIRMED:
            assert (Stage.APPLIED, Result.DONE) in path or any(step == f"look {Seen.INTENDED}" for _, step in path)
            assert path[-1] == (Stage.VERIFIED, Result.DONE)


def test_a_device_that_could_not_be_seen_asks_a_person() -> None:
    for path, end in PATHS:
        stage, step = path[-1]
        unseen = step in {f"look {Seen.NOTHING}", Result.UNCERTAIN}
        assert not unseen or end is Stage.UNKNOWN, stage


def test_refused_means_untouched() -> None:
    for path, end in PATHS:
        if end is Stage.REFUSED:
            assert {stage for stage, _ in path} <= UNTOUCHED


def test_every_end_is_reached() -> None:
    assert {end for _, end in PATHS} == FINAL


@pytest.mark.parametrize("stage", sorted(FINAL))
def test_what_is_over_stays_over(stage: Stage) -> None:
    with pytest.raises(ValueError, match=stage):
        advance(stage, Result.DONE)
    with pytest.raises(ValueError, match=stage):
        settle(stage, Seen.INTENDED, went_back=False)


def test_a_push_without_trouble_goes_straight_through() -> None:
    stages = [Stage.PLANNED]
    while stages[-1] not in FINAL:
        stages.append(advance(stages[-1], Result.DONE))
    assert tuple(stages) == ORDER
