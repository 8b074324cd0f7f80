"""Outside time stamps, by a real authority: of this journal, of that line, and nobody else's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from city.errors import Failed
from city.model.drilling import Timestamps
from drs.drill.stamps import Unstamped, stamp, stamps
from tests.drs.drill.authority import authority, make

pytestmark = pytest.mark.slow
HEADS = ["a" * 64, "b" * 64, "c" * 64]


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timestamps]:
    with authority(tmp_path_factory.mktemp("tsa")) as found:
        yield found


def test_a_line_is_stamped_once_and_anybody_reads_when(tmp_path: Path, clock: Timestamps) -> None:
    made = stamp(tmp_path / "stamps", HEADS[:2], clock)
    assert (made.line, made.file.name) == (2, "00002.tsr")
    assert abs(datetime.now(UTC) - made.at) < timedelta(minutes=1)
    before = made.file.read_bytes()
    assert stamp(tmp_path / "stamps", HEADS[:2], clock) == made
    assert made.file.read_bytes() == before
    later = stamp(tmp_path / "stamps", HEADS, clock)
    assert stamps(tmp_path / "stamps", HEADS, clock) == (made, later)


@pytest.mark.parametrize(
    ("heads", "problem"),
    [
        pytest.param(["a" * 64, "d" * 64, "c" * 64], "not the authority's stamp of this line", id="changed"),
        pytest.param(["a" * 64], "has 1 lines, and line 2 was stamped", id="cut"),
    ],
)
def test_a_stamp_of_another_journal_is_told(tmp_path: Path, clock: Timestamps, heads: list[str], problem: str) -> None:
    stamp(tmp_path, HEADS[:2], clock)
    with pytest.raises(Unstamped, match=problem):
        stamps(tmp_path, heads, clock)


def test_a_stamp_by_somebody_else_counts_for_nothing(tmp_path: Path, clock: Timestamps) -> None:
    stamp(tmp_path / "stamps", HEADS, clock)
    other = Timestamps(url=clock.url, authority=make(tmp_path / "other"))
    with pytest.raises(Unstamped, match="not the authority's"):
        stamps(tmp_path / "stamps", HEADS, other)


@pytest.mark.parametrize("content", [b"", b"\x30\x03\x02\x01\x02", b"<html>no</html>"])
def test_what_is_no_stamp_is_told(tmp_path: Path, clock: Timestamps, content: bytes) -> None:
    (tmp_path / "00001.tsr").write_bytes(content)
    with pytest.raises(Unstamped, match="grants no time stamp"):
        stamps(tmp_path, HEADS, clock)


def test_an_authority_that_does_not_answer_leaves_nothing_behind(tmp_path: Path, clock: Timestamps) -> None:
    gone = Timestamps(url="http://127.0.0.1:9/", authority=clock.authority)
    with pytest.raises(Failed, match="stamped nothing"):
        stamp(tmp_path / "stamps", HEADS, gone)
    assert not list(tmp_path.rglob("*.tsr"))


def test_the_answer_of_who_is_not_that_authority_is_not_kept(tmp_path: Path, clock: Timestamps) -> None:
    other = Timestamps(url=clock.url, authority=make(tmp_path / "other"))
    with pytest.raises(Failed, match="stamped nothing: it is not the authority's stamp"):
        stamp(tmp_path / "stamps", HEADS, other)
    assert not list((tmp_path / "stamps").iterdir())
