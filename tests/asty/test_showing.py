"""A dashboard that shows what another host observes: over real HTTPS, with real ledgers."""

import gzip
import os
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import httpx
import pytest

from asty import post as posts
from asty.post import PUBLISHED, Post, packed
from asty.snapshots import takers
from asty.watching import LEDGER
from city.errors import Failed
from city.load import load
from city.model.city import City
from monitoring.coverage import share
from monitoring.dashboard.followed import TAG, Followed, Source
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.published import published
from monitoring.ledger.store import Ledger
from monitoring.promises import wireless_coverage
from monitoring.snapshot import ObservedIn
from tests.asty.test_post import EXAMPLE, taken
from tests.monitoring.certificates import server, signer

NOW = datetime.now(UTC)


def seen(subject: str, state: State = State.UP, at: datetime = NOW) -> Observation:
    return Observation(
        subject=subject, at=at, state=state, reach=timedelta(minutes=5), cause="", evidence="answered from 10.0.0.9"
    )


@pytest.fixture
def city() -> City:
    return load(EXAMPLE)


@pytest.fixture
def kept(tmp_path: Path, city: City) -> Path:
    """The ledger of who observes."""
    file = tmp_path / "observer.sqlite"
    with Ledger(file, city.id, "monitoring-1 (datacentre)", city.fingerprint) as ledger:
        ledger.observe([seen("service:portal", State.DOWN, NOW - timedelta(days=40))])
        ledger.observe([seen("service:portal"), seen("device:ap-0001")])
    return file


def followed(folder: Path, city: City, *told: bytes | Exception) -> Followed:
    answers = iter(told)

    def get() -> bytes:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    folder.mkdir(exist_ok=True)
    return Followed(folder, partial(Ledger, city=city.id), takers(city, ObservedIn.LAB), get)


def copied(ledger: Path, since: datetime = NOW - timedelta(days=14)) -> bytes:
    return gzip.decompress(published(ledger, since))


def test_what_is_shown_is_what_the_other_saw_and_whose_look_it_was(tmp_path: Path, city: City, kept: Path) -> None:
    shown_there = followed(tmp_path / "f", city, copied(kept))
    with pytest.raises(Failed, match="no observer has told us yet"):
        shown_there.take(NOW)
    shown_there.pull()
    snapshot = shown_there.take(NOW)
    assert snapshot.standing_of("service:portal").state is State.UP
    assert (snapshot.observed_by, snapshot.looked_at) == ("monitoring-1 (datacentre)", NOW)
    shown_there.end()


def test_what_the_declaration_alone_says_is_computed_for_no_newer_copy(
    tmp_path: Path, city: City, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, real = list[str](), share.footprints

    def footprints(*told: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
        made.append("footprints")
        return real(*told)

    monkeypatch.setattr(f"{wireless_coverage.__name__}.footprints", footprints)
    shown = followed(tmp_path / "f", city, copied(kept), copied(kept))
    shown.pull()
    first = shown.take(NOW)
    computed = len(made)
    shown.pull()
    assert shown.take(NOW).figures == first.figures
    shown.end()
    assert 0 < computed == len(made)


def test_nothing_of_the_past_or_of_the_evidence_is_handed_over(tmp_path: Path, kept: Path) -> None:
    file = tmp_path / "copy.sqlite"
    file.write_bytes(copied(kept))
    with closing(sqlite3.connect(file)) as copy:
        (old,) = copy.execute("SELECT count(*) FROM interval").fetchone()
        evidence = {row[0] for row in copy.execute("SELECT evidence FROM newest_interval")}
    assert (old, evidence) == (0, {""})
    with Ledger(kept, "example") as ledger:
        assert ledger.state_at("service:portal", NOW - timedelta(days=40)) is State.DOWN, "it keeps its own"


def test_a_newer_copy_takes_the_place_of_the_older_and_leaves_nothing(tmp_path: Path, city: City, kept: Path) -> None:
    first = copied(kept)
    with Ledger(kept, city.id, "monitoring-2 (datacentre)") as ledger:
        ledger.observe([seen("service:portal", State.DOWN, NOW + timedelta(seconds=10))])
    shown = followed(tmp_path / "f", city, first, copied(kept))
    shown.pull()
    shown.pull()
    snapshot = shown.take(NOW + timedelta(seconds=20))
    assert snapshot.standing_of("service:portal").state is State.DOWN
    assert snapshot.observed_by == "monitoring-2 (datacentre)"
    shown.end()
    assert {path.name.partition(".")[0] for path in (tmp_path / "f").iterdir()} == {"followed-1", "CACHEDIR"}
    assert (tmp_path / "f/CACHEDIR.TAG").read_text() == TAG, "who copies files leaves them out"


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(OSError("no route"), id="nobody is there"),
        pytest.param(ValueError("it answers 502"), id="a balancer's word"),
        pytest.param(b"<html>", id="no ledger"),
    ],
)
def test_what_was_shown_stays_where_nothing_newer_comes(
    tmp_path: Path, city: City, kept: Path, trouble: bytes | Exception
) -> None:
    shown = followed(tmp_path / "f", city, copied(kept), trouble)
    shown.pull()
    shown.pull()
    assert shown.take(NOW).looked_at == NOW
    assert len(list((tmp_path / "f").glob("*.sqlite"))) == 1
    shown.end()


def test_another_citys_ledger_is_not_shown(tmp_path: Path, city: City) -> None:
    other = tmp_path / "other.sqlite"
    with Ledger(other, "elsewhere") as ledger:
        ledger.observe([seen("service:portal")])
    shown = followed(tmp_path / "f", city, copied(other))
    shown.pull()
    with pytest.raises(Failed, match="no observer"):
        shown.take(NOW)
    assert [path.name for path in (tmp_path / "f").iterdir()] == ["CACHEDIR.TAG"]


PROGRAM = """
import socket, sys
from pathlib import Path
from asty.showing import show
from monitoring.dashboard.app import Certificate
home, pem, trust = map(Path, sys.argv[2:])
show(home, socket.socket(fileno=int(sys.argv[1])), Certificate(chain=pem, key=pem), trust)
"""


@contextmanager
def standing(home: Path, pem: Path, trust: Path) -> Iterator[int]:
    """A host that shows, as a process; the port at which it does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.set_inheritable(True)
        number = listening.fileno()
        words = [sys.executable, "-c", PROGRAM, str(number), str(home), str(pem), str(trust)]
        process = subprocess.Popen(words, pass_fds=[number], env={**os.environ, "PYTHONWARNINGS": ""})
        try:
            yield int(listening.getsockname()[1])
        finally:
            process.terminate()
            process.wait(120)


def told(home: Path, post: Post) -> Path:
    taken(home, packed(post, EXAMPLE))
    posts.state(home).mkdir()
    return home


def healthy(port: int, trust: Path) -> dict[str, object]:
    """What it says once it has something to show."""
    deadline = time.monotonic() + 300
    context = ssl.create_default_context(cafile=str(trust))
    while True:
        with suppress(httpx.TransportError):
            answer = httpx.get(f"https://localhost:{port}/healthz", verify=context, timeout=60)
            if answer.status_code == 200:
                return dict(answer.json())
        assert time.monotonic() < deadline, "it shows nothing"
        time.sleep(0.1)


@pytest.mark.slow
def test_a_dashboard_shows_over_https_what_another_host_publishes(tmp_path: Path, kept: Path) -> None:
    root = signer("city")
    trust = tmp_path / "trust.pem"
    trust.write_bytes(root.pem)
    server(tmp_path, root, "localhost")
    (pem,) = set(tmp_path.glob("*.pem")) - {trust}
    lab = ObservedIn.LAB
    observer = told(tmp_path / "observer", Post(name="monitoring-1 (datacentre)", observed_in=lab))
    kept.rename(posts.state(observer) / LEDGER)
    with standing(observer, pem, trust) as port:
        assert healthy(port, trust)["observed_by"] == "monitoring-1 (datacentre)"
        follow = f"https://localhost:{port}{PUBLISHED}"
        board = told(tmp_path / "board", Post(name="board-1", observed_in=lab, follow=follow))
        with standing(board, pem, trust) as shown:
            assert healthy(shown, trust)["observed_by"] == "monitoring-1 (datacentre)"
            trusting = ssl.create_default_context(cafile=str(trust))
            page = httpx.get(f"https://localhost:{shown}/en/", verify=trusting, timeout=60)
            assert "Observed by monitoring-1 (datacentre)." in page.text
            published_there = httpx.get(f"https://localhost:{shown}/ledger", verify=trusting, timeout=60)
            assert published_there.status_code == 404, "it observes nothing itself"


@pytest.mark.slow
def test_who_publishes_is_reached_at_the_address_that_was_told_and_proven_by_the_name(
    tmp_path: Path, kept: Path
) -> None:
    root = signer("city")
    trust, here = tmp_path / "trust.pem", IPv4Address("127.0.0.1")
    trust.write_bytes(root.pem)
    server(tmp_path, root, "monitoring.city.test")
    (pem,) = set(tmp_path.glob("*.pem")) - {trust}
    observer = told(tmp_path / "observer", Post(name="monitoring-1 (datacentre)", observed_in=ObservedIn.LAB))
    kept.rename(posts.state(observer) / LEDGER)
    with standing(observer, pem, trust) as port:
        with closing(Source(f"https://monitoring.city.test:{port}{PUBLISHED}", trust, here)) as source:
            assert published_at(source)
        stranger = Source(f"https://other.city.test:{port}{PUBLISHED}", trust, here)
        with closing(stranger), pytest.raises(ssl.SSLCertVerificationError):
            stranger.get()


def published_at(source: Source) -> bytes:
    """What is published there, once anybody answers."""
    deadline = time.monotonic() + 300
    while True:
        with suppress(ConnectionError):
            return source.get()
        assert time.monotonic() < deadline, "nobody answers"
        time.sleep(0.1)
