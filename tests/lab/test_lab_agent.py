"""The life of an agent, with a tiny one that runs as the lab's do."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from unittest.mock import Mock

import pytest

from city.errors import Failed
from lab import daemon
from lab.agent import Turn, attempt
from lab.params import LabParams
from tests.lab.tiny_agent import AGENT

pytestmark = pytest.mark.slow


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[LabParams]:
    params = LabParams(
        name="tiny", root=tmp_path / "lab", base_port=27_400, base_address=IPv4Address("127.95.0.0"), hosts=False
    )
    params.claim()
    yield params
    (params.root / "stuck").unlink(missing_ok=True)
    AGENT.end(params)


def kept(params: LabParams, word: str = "well") -> bool:
    return (params.root / "kept").exists() and (params.root / "kept").read_text(encoding="utf-8") == word


def test_an_agent_is_seen_as_it_starts_and_as_it_is_killed(tiny: LabParams) -> None:
    assert AGENT.parts(tiny) == (), "a lab that never had one shows none"
    AGENT.start(tiny, "well")
    AGENT.wait(tiny, partial(kept, tiny))
    part, *others = AGENT.parts(tiny, "here")
    assert (part.name, part.state, part.address, others) == ("tiny", "up", "here", [])
    assert part.memory_mb > 1
    daemon.kill([AGENT.pid_file(tiny)])
    assert [part.state for part in AGENT.parts(replace(tiny, hosts=True))] == ["down"]


def test_an_agent_that_is_ended_restores_nothing_of_what_went_with_it(tiny: LabParams) -> None:
    AGENT.start(tiny, "well")
    AGENT.wait(tiny, partial(kept, tiny))
    AGENT.end(tiny)
    assert not AGENT.runs(tiny)
    assert not (tiny.root / "kept").exists()
    AGENT.end(tiny)


def test_who_waits_for_an_agent_that_ends_is_told_where_to_read_why(tiny: LabParams) -> None:
    AGENT.start(tiny, "dies")
    with pytest.raises(Failed, match=f"the tiny things: its agent ended. Read {AGENT.log(tiny)}"):
        AGENT.wait(tiny, lambda: False)
    assert "it cannot" in AGENT.log(tiny).read_text(encoding="utf-8")


def test_what_an_end_cannot_remove_is_named(tiny: LabParams) -> None:
    (tiny.root / "stuck").touch()
    with pytest.raises(Failed, match="the tiny things: a tiny thing: it is stuck"):
        AGENT.end(tiny)


def test_a_round_that_fails_is_logged_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        attempt(Mock(side_effect=ValueError("a strange answer")))
    assert "a strange answer" in caplog.text


def test_it_is_time_at_once_and_then_no_more_for_a_while() -> None:
    turn = Turn(3600)
    assert [turn.due(), turn.due(), turn.due()] == [True, False, False]
    now = Turn(0)
    assert [now.due(), now.due()] == [True, True]
