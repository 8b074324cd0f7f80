import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from monitoring.probing.afar import AGENT, Afar
from monitoring.probing.agent import answer
from monitoring.probing.declared import probes
from monitoring.probing.failure import Failure
from monitoring.probing.look import Ask, look
from monitoring.probing.probe import Found
from monitoring.probing.trip import Way
from tests.monitoring.asked import spec
from tests.monitoring.paper_servers import LOOPBACK, answering, name_server, saying

pytestmark = pytest.mark.slow


@pytest.fixture
async def afar() -> AsyncIterator[Afar]:
    opened = Afar(command=AGENT)
    yield opened
    await opened.close()


def ask(folder: Path, declared: str, host: str = LOOPBACK) -> Ask:
    name = declared.strip("{ ").partition(":")[0]
    return Ask(probe=probes()[name], host=host, spec=spec(folder, name, declared), deadline_s=20)


async def test_an_agent_sees_what_we_would_see_ourselves_each_answer_for_its_own_question(
    tmp_path: Path, afar: Afar
) -> None:
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    async with saying(b"", answer) as web, saying(b"SSH-2.0-x\r\n") as ssh:
        asks = [
            ask(tmp_path, f"{{http: /, expect: [200, 204], port: {web}}}"),
            ask(tmp_path, f"{{http: /, port: {web}}}"),
            ask(tmp_path, f"{{tcp: {ssh}, banner: SSH}}"),
            ask(tmp_path, f"{{dns: www.example.test, values: [10.1.1.1], port: {ssh}}}"),
        ] * 3
        far = await asyncio.gather(*map(afar.look, asks))
        here = await asyncio.gather(*(look(one, Way()) for one in asks))
    assert [one.failure for one in far] == [one.failure for one in here]
    assert {one.failure for one in far[:3]} == {None, Failure.WRONG_ANSWER}
    assert [(one.heard, one.detail) for one in far] == [(one.heard, one.detail) for one in here]


async def test_an_agent_asks_the_resolver_of_its_own_place(tmp_path: Path) -> None:
    async with answering(name_server({"www.example.test": LOOPBACK})) as (resolver, asked), saying(b"") as port:
        there = Afar(command=(*AGENT, "--resolver", f"{LOOPBACK}:{resolver}", "--source", "127.0.0.9"))
        found = await there.look(ask(tmp_path, f"{{tcp: {port}}}", "www.example.test"))
        await there.close()
    assert (found.failure, len(asked)) == (None, 1)


async def test_an_agent_asks_the_next_resolver_where_the_first_one_is_lost(tmp_path: Path) -> None:
    async with answering(lambda _: []) as (lost, _):
        pass
    async with answering(name_server({"www.example.test": LOOPBACK})) as (resolver, asked), saying(b"") as port:
        both = (word for one in (lost, resolver) for word in ("--resolver", f"{LOOPBACK}:{one}"))
        there = Afar(command=(*AGENT, *both))
        found = await there.look(ask(tmp_path, f"{{tcp: {port}}}", "www.example.test"))
        await there.close()
    assert (found.failure, len(asked)) == (None, 1)


async def test_an_agent_that_is_killed_is_nobodys_outage_and_is_started_again(tmp_path: Path, afar: Afar) -> None:
    async with saying(b"") as port:
        asking = ask(tmp_path, f"{{tcp: {port}}}")
        assert (await afar.look(asking)).failure is None
        late = asyncio.create_task(afar.look(ask(tmp_path, f"{{tcp: {port}, banner: never}}")))
        await asyncio.sleep(0.1)
        assert afar._process is not None
        os.kill(afar._process.pid, signal.SIGKILL)
        lost = await late
        assert (lost.failure, lost.heard, lost.detail) == (Failure.NOT_ASKED, False, "the vantage point has ended")
        assert (await afar.look(asking)).failure is None


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_an_agent_that_ends_as_it_starts_is_nobodys_outage(
    tmp_path: Path, run: Callable[[Coroutine[Any, Any, list[Found]]], list[Found]], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = asyncio.create_subprocess_exec

    async def begun_and_ended(*argv: str, **how: Any) -> asyncio.subprocess.Process:  # noqa: ANN401 - as asyncio's
        process = await begin(*argv, **how)
        await process.wait()
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", begun_and_ended)
    asked = ask(tmp_path, "{tcp: 1}")

    async def looks() -> list[Found]:
        there = Afar(command=("/bin/false",))
        found = [await there.look(asked) for _ in range(3)]
        await there.close()
        return found

    found = run(looks())
    assert {(one.failure, one.detail) for one in found} == {(Failure.NOT_ASKED, "the vantage point has ended")}


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("/nowhere/agent",), id="no such program"),
        pytest.param((sys.executable, "-c", ""), id="it ends at once"),
        pytest.param((sys.executable, "-c", "print('x' * 70000)"), id="a line without an end"),
        pytest.param((sys.executable, "-c", "import time; print('hello', flush=True); time.sleep(9)"), id="no answer"),
    ],
)
async def test_a_place_where_nobody_answers_as_an_agent_does_is_not_asked(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    there = Afar(command=command)
    found = await there.look(ask(tmp_path, "{tcp: 1}"))
    await there.close()
    assert (found.failure, found.heard) == (Failure.NOT_ASKED, False)
    assert found.detail


@given(st.binary(max_size=100) | st.just(b'{"id": 1, "found": {"failure": "odd"}}') | st.just(b"[]") | st.just(b"{}"))
def test_whatever_is_no_answer_is_told_so(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own and ours
        answer(line)
