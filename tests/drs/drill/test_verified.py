"""A finished journal is proven whole, and any change of it is found."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import NeedsPerson
from drs.drill.entry import Closed, Opened, Overridden, Stopped
from drs.drill.folder import Drills, Kept
from drs.drill.journal import Tampered
from drs.drill.memory import Forgotten
from drs.drill.of_city import plan_of
from drs.drill.stamps import Unstamped, stamp
from drs.drill.verified import Verified, verified
from drs.step import Mode
from tests.drs.drill.authority import authority
from tests.drs.twins import EXAMPLE, city

pytestmark = pytest.mark.slow  # hypothesis reads the whole journal a hundred times
NOW = datetime(2030, 3, 1, 3, tzinfo=UTC)
GREEK = "κάηκε το κτίριο"


def made(root: Path) -> Kept:
    """A drill that was begun, answered for, stopped and closed."""
    kept = Drills(root=root / "drills", memory=root / "seen").make(plan_of(city(), Mode.FAILOVER), EXAMPLE, NOW)
    journal = kept.journal()
    plan = journal.run.plan
    journal.append(Opened(at=NOW, by="maria", drill=kept.name, mode=plan.mode, plan=plan.digest, machine="laptop"))
    journal.append(Overridden(at=NOW, by="nikos", task="site_ready", reason=GREEK))
    journal.append(Stopped(at=NOW, by="nikos", reason="enough"))
    journal.append(Closed(at=NOW, by="maria", left=journal.run.left))
    return kept


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return made(tmp_path)


@pytest.fixture(scope="module")
def whole() -> Iterator[Kept]:
    with TemporaryDirectory() as folder:
        yield made(Path(folder))


def verify(kept: Kept, head: str | None = None) -> Verified:
    return verified(kept, kept.journal(), None, head)


def stranger(kept: Kept) -> Kept:
    """The same folder on a machine that never saw it."""
    return Kept(folder=kept.folder, memory=kept.memory.with_name("elsewhere"))


def file_of(kept: Kept) -> Path:
    return kept.folder / "journal.jsonl"


def test_the_machine_that_wrote_it_vouches_for_the_last_line(kept: Kept) -> None:
    found = verify(kept)
    assert (found.entries, found.closed, found.torn, found.signed) == (4, True, 0, 0)
    assert found.vouched == ("this machine, which saw it written or read it before",)


def test_elsewhere_nobody_vouches_but_who_wrote_the_digest_down(kept: Kept) -> None:
    head = verify(kept).head
    assert verify(stranger(kept)).vouched == ()
    assert verify(stranger(kept), head).vouched == (f"the digest that was given: {head}",)


def test_the_digest_of_an_earlier_line_holds_and_vouches_for_no_later_one(kept: Kept) -> None:
    earlier = kept.journal().heads[1]
    assert verify(stranger(kept), earlier).vouched == ()


@given(data=st.data())
def test_no_byte_of_a_finished_journal_can_be_changed(whole: Kept, data: st.DataObject) -> None:
    path, head = file_of(whole), whole.journal().head
    content = path.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one != content[at]))
    try:
        path.write_bytes(content[:at] + bytes([byte]) + content[at + 1 :])
        with pytest.raises((Tampered, Forgotten)):
            verify(whole)
        with pytest.raises(Tampered):
            verify(stranger(whole), head)
    finally:
        path.write_bytes(content)


@given(order=st.lists(st.integers(0, 3), max_size=6).filter(lambda order: order != [0, 1, 2, 3]))
def test_no_line_of_it_can_be_removed_moved_or_told_twice(whole: Kept, order: list[int]) -> None:
    path, head = file_of(whole), whole.journal().head
    lines = path.read_bytes().splitlines(keepends=True)
    try:
        path.write_bytes(b"".join(lines[number] for number in order))
        with pytest.raises((Tampered, Forgotten)):
            verify(whole)
        with pytest.raises(Tampered):
            verify(stranger(whole), head)
    finally:
        path.write_bytes(b"".join(lines))


@given(size=st.integers(0, 2000))
def test_it_can_be_cut_nowhere(whole: Kept, size: int) -> None:
    path, head = file_of(whole), whole.journal().head
    content = path.read_bytes()
    try:
        path.write_bytes(content[: min(size, len(content) - 1)])
        with pytest.raises((Tampered, Forgotten)):
            verify(whole)
        with pytest.raises(Tampered):
            verify(stranger(whole), head)
    finally:
        path.write_bytes(content)


def test_a_journal_that_is_gone_is_told(kept: Kept) -> None:
    head = verify(kept).head
    file_of(kept).unlink()
    with pytest.raises(Forgotten, match="has 0 entries"):
        verify(kept)
    with pytest.raises(Tampered, match="no line of it has the digest"):
        verify(stranger(kept), head)


@pytest.mark.parametrize("more", [b"x", b'{"what": "seen"', b"{}\n"])
def test_nothing_follows_the_end(kept: Kept, more: bytes) -> None:
    with file_of(kept).open("ab") as file:
        file.write(more)
    with pytest.raises(Tampered, match=r"journal\.jsonl:5"):
        verify(stranger(kept))


def test_half_a_line_after_an_open_drill_is_a_power_cut(kept: Kept) -> None:
    content = file_of(kept).read_bytes()
    last = content.splitlines(keepends=True)[-1]
    file_of(kept).write_bytes(content[: -len(last)] + last[:20])
    found = verify(stranger(kept))
    assert (found.entries, found.closed, found.torn) == (3, False, 20)


def test_the_plan_beside_it_is_the_one_that_it_was_opened_with(kept: Kept) -> None:
    plan = kept.folder / "plan.json"
    plan.write_text(plan.read_text(encoding="utf-8").replace('"approvers": 2', '"approvers": 0'), encoding="utf-8")
    with pytest.raises(Tampered, match="opened with another plan"):
        verify(stranger(kept))


def test_so_are_the_citys_data(kept: Kept) -> None:
    services = kept.city / "services.yaml"
    services.write_text(services.read_text(encoding="utf-8").replace("rto: 30m", "rto: 60m"), encoding="utf-8")
    with pytest.raises(NeedsPerson, match="not those of the day"):
        verify(stranger(kept))


def test_an_outside_stamp_vouches_on_every_machine_and_finds_a_forged_end(kept: Kept, tmp_path: Path) -> None:
    with authority(tmp_path / "tsa") as clock:
        stamp(kept.folder / "stamps", kept.journal().heads, clock)
    elsewhere = stranger(kept)
    (who,) = verified(elsewhere, elsewhere.journal(), clock, None).vouched
    assert who.startswith("a time stamp of ")
    path = file_of(kept)
    path.write_bytes(path.read_bytes().replace(b'"by": "maria", "left"', b'"by": "maria",  "left"'))
    with pytest.raises(Unstamped):
        verified(elsewhere, elsewhere.journal(), clock, None)
