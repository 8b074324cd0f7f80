"""Questions go to one process, side by side, and each gets its own answer."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from asty.street_agent import StreetAgent
from city.errors import NeedsPerson

ROOT = Path(__file__).parents[2]
NAMES = [f"service-{number}.example.test." for number in range(5)]


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[StreetAgent]:
    monkeypatch.chdir(ROOT)
    made = StreetAgent(python=(sys.executable, "-m"))
    yield made
    made.end()


def of(name: str, *ports: int) -> dict[str, object]:
    return {"ask": name, "servers": [("127.0.0.1", port) for port in ports]}


@pytest.mark.slow
def test_many_ask_one_process_at_once_and_each_hears_its_own_answer(agent: StreetAgent) -> None:
    with ThreadPoolExecutor(len(NAMES)) as pool:
        told = list(pool.map(lambda number: agent.ask(of(NAMES[number], *[9] * number), 120), range(len(NAMES))))
    assert [len(one) for one in told] == [0, 1, 2, 3, 4]
    assert all(said["addresses"] is None and said["reason"] for one in told for said in one), "nobody answers there"
    process = agent._process
    agent.ask(of(NAMES[0]), 120)
    assert agent._process is process


@pytest.mark.slow
def test_a_question_that_cannot_be_answered_is_told_and_the_next_is_answered(agent: StreetAgent) -> None:
    door = {"fqdn": NAMES[0], "port": 443, "address": "", "trust": None, "resolvers": []}
    with pytest.raises(NeedsPerson, match="could be asked"):
        agent.ask({"tokens": None, **door}, 120)
    assert agent.ask(of(NAMES[0]), 120) == []


@pytest.mark.slow
def test_who_ended_is_started_anew(agent: StreetAgent) -> None:
    assert agent.ask(of(NAMES[0]), 120) == []
    process = agent._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert agent.ask(of(NAMES[0]), 120) == []


def test_a_street_that_is_not_there_is_told_with_its_own_words(tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.write_text("#!/bin/sh\necho 'no such street' >&2\nexit 1\n")
    away.chmod(0o755)
    for python, told in (
        ((str(away),), "no such street|Broken pipe|closed file"),
        ((str(tmp_path / "nobody"),), "No such file"),
    ):
        gone = StreetAgent(python=python)
        with pytest.raises(NeedsPerson, match=told):
            gone.ask(of(NAMES[0]), 120)
        gone.end()


def test_who_does_not_answer_in_time_is_not_waited_for(tmp_path: Path) -> None:
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec cat >/dev/null\n")
    silent.chmod(0o755)
    agent = StreetAgent(python=(str(silent),))
    with pytest.raises(NeedsPerson, match=r"no answer in 0.05 s"):
        agent.ask(of(NAMES[0]), 0.05)
    agent.end()
