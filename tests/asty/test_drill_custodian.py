"""Drills that a host of the recovery site keeps, over a real sshd: two operators' machines, and neither is needed."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from asty.__main__ import main
from asty.city_data import load
from asty.drill_custodian import HostLine, custodian_of, server
from asty.workspace import find
from city.errors import Failed
from drs.drill.custodian import JOURNAL_STANDS, PROGRAM, Custodian
from drs.drill.entry import Opened, Stopped
from drs.drill.plan import Plan
from infra.hosts.access import Access, Bounds
from infra.hosts.host import Host
from lab.net import process
from lab.real.packages import NEEDS
from tests.asty.fakes import FakeClouds, FakeDevices, world
from tests.asty.test_drills import Desk, waits
from tests.drs.drill.plans import task
from tests.drs.drill.test_leading import ALL, TASKS, done
from tests.drs.drill.test_run import NOW
from tests.drs.scenes import FakeGround
from tests.drs.twins import EXAMPLE
from tests.infra.hosts.daemons import Daemon, daemon
from tests.lab.packages import have

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    have(need for need in (*NEEDS, *process.NEEDS) if need.package in {"openssh-server", "iproute2", "nftables"})
    with daemon(tmp_path_factory.mktemp("host"), "monitoring-1", f"j{os.getpid() % 0xFFFF:04x}") as found:
        yield found


def lost() -> Host:
    raise Failed("monitoring-1 (recovery)", "its cloud says SHUTOFF; start it first", "Start it.")


def line(host: Daemon, root: Path) -> HostLine:
    access = Access(user="root", identity=host.identity, bounds=Bounds(connect_s=60, run_s=120))
    command = ("python3", "-I", "-c", PROGRAM, str(root))
    return HostLine(
        host="monitoring-1 (recovery)", find=lambda: host.host, access=access, dial=host.dial, command=command
    )


class Terminal(Desk):
    """Of an operator whose city names a host for its journals; each command comes to it anew, where it is not gone."""

    def __init__(self, home: Path, host: Daemon, root: Path) -> None:
        super().__init__(home)
        self._host, self._root, self.gone = host, root, False
        declared = Path(self.environ["ASTY_CITY"]) / "city.yaml"
        declared.write_text(declared.read_text(encoding="utf-8") + "drills: {journal: identity}\n", encoding="utf-8")

    def __call__(self, *args: str, typed: str | None = None) -> Result:
        found = line(self._host, self._root)
        kept = Custodian(line=replace(found, find=lost) if self.gone else found)
        with ExitStack() as stack:
            stack.enter_context(patch("asty.drill_known.custodian_of", return_value=kept))
            stack.enter_context(patch.object(FakeGround, "kept_at", lambda _: f"{len(kept.drills())} are kept there"))
            return super().__call__(*args, typed=typed)

    def asty(self, *args: str) -> Result:
        """Another verb, on clouds that are not asked."""
        kept = Custodian(line=line(self._host, self._root))
        with (
            patch("asty.drill_known.custodian_of", return_value=kept),
            patch("asty.lab_access.project"),
            patch("asty.gathering.observe", return_value=self.sites),
        ):
            return CliRunner().invoke(main, args, env=self.environ)

    def ask_for_drills(self) -> None:
        """The city wants them, so readiness reads them."""
        declared = Path(self.environ["ASTY_CITY"]) / "city.yaml"
        told = declared.read_text(encoding="utf-8")
        wanted = "drills: {journal: identity, every: {tier-1: 90d}}"
        declared.write_text(told.replace("drills: {journal: identity}", wanted), encoding="utf-8")

    def drill(self, mode: str) -> Result:
        """Until somebody stops it, once nobody else is waited for."""
        self.when(lambda run: waits(run) and not run.closed, self._stop)
        return self("run", "--mode", mode, "--by", "maria")

    def _stop(self) -> Iterator[Stopped]:
        yield Stopped(at=datetime.now(UTC), by="nikos", reason="enough")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "at the recovery site"


@pytest.fixture
def terminals(tmp_path: Path, host: Daemon, root: Path) -> Iterator[tuple[Terminal, Terminal]]:
    made = Terminal(tmp_path / "one", host, root), Terminal(tmp_path / "two", host, root)
    yield made
    for terminal in made:
        terminal.close()


def test_another_machine_tells_goes_on_with_and_reports_a_drill_that_it_never_saw(
    terminals: tuple[Terminal, Terminal], root: Path
) -> None:
    one, two = terminals
    one.drill("failover")
    (kept,) = root.glob("[!.]*")
    assert (kept / "journal.jsonl").read_bytes() == (one.drills.find(None).folder / "journal.jsonl").read_bytes()
    told = json.loads(two("status", "--json").stdout)
    assert (told["drill"], told["head"]) == (kept.name, one.journal().head)
    assert two("verify", "--head", told["head"]).exit_code == 0
    assert "Report of a recovery drill" in Path(two("report", "--language", "en").stdout.strip()).read_text()


def test_a_drill_that_died_on_one_machine_is_resumed_on_another(
    terminals: tuple[Terminal, Terminal], root: Path
) -> None:
    one, two = terminals
    one.drill("failover")
    (journal,) = root.glob("[!.]*/journal.jsonl")
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:3]))
    two.when(lambda run: waits(run) and not run.closed, two._stop)
    done = two("resume", "--by", "nikos")
    assert "nikos conducts the drill from now on" in done.stderr
    assert two.journal().run.closed
    assert journal.read_bytes() == (two.drills.find(None).folder / "journal.jsonl").read_bytes()


def test_a_drill_that_another_machine_left_open_keeps_a_second_from_beginning(
    terminals: tuple[Terminal, Terminal], root: Path
) -> None:
    one, two = terminals
    one.drill("failover")
    (journal,) = root.glob("[!.]*/journal.jsonl")
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:3]))
    refused = two("run", "--mode", "failover")
    assert (refused.exit_code, "it is not over" in refused.stderr) == (3, True)


def test_who_conducts_on_another_machine_is_told_and_nothing_is_begun(
    terminals: tuple[Terminal, Terminal], host: Daemon, root: Path
) -> None:
    with Custodian(line=line(host, root)).conducting("process 7 on another machine,"):
        refused = terminals[1]("run", "--mode", "failover")
    assert (refused.exit_code, "process 7 on another machine, conducts one now" in refused.stderr) == (3, True)
    assert list(terminals[1].drills.every()) == []
    assert terminals[1].drill("failover").exit_code == 1


def test_a_rehearsal_is_refused_where_its_journal_cannot_be_kept(terminals: tuple[Terminal, Terminal]) -> None:
    terminals[0].gone = True
    refused = terminals[0]("run", "--mode", "rehearse")
    assert (refused.exit_code, "its cloud says SHUTOFF" in refused.stderr) == (3, True)
    assert "a rehearsal can wait" in refused.stderr
    assert list(terminals[0].drills.every()) == []


def test_a_failover_without_the_host_asks_a_person_goes_on_and_says_so_in_its_report(
    terminals: tuple[Terminal, Terminal], root: Path
) -> None:
    one, two = terminals
    one.gone = True
    one.when(lambda run: run.opened is not None, one._stop)
    begun = one("run", "--mode", "failover", "--by", "maria")
    assert begun.exit_code in {1, 4}, "stopped before the first look was over, or behind it"
    assert not one.journal().run.proven, "nothing goes on without a person"
    one.back_to(1)
    assert one("override", JOURNAL_STANDS, "--reason", "its rack burns", "--by", "eleni").exit_code == 0
    one.when(lambda run: "service_runs:portal" in run.proven and not run.closed, one._stop)
    assert "service_runs:portal: seen: met" in one("resume", "--by", "maria").stderr
    page = Path(one("report", "--language", "en").stdout.strip()).read_text()
    assert "its rack burns" in page
    assert not root.exists()
    one.gone = False
    assert one("status").exit_code == 1
    assert json.loads(two("status", "--json").stdout)["head"] == one.journal().head, "it was brought there later"


@pytest.mark.parametrize("verb", ["table", "calendar", "readiness"])
def test_who_reads_drills_on_another_machine_reads_those_of_all(
    verb: str, terminals: tuple[Terminal, Terminal], root: Path
) -> None:
    one, two = terminals
    one.drill("failover")
    two.ask_for_drills()
    two.gone = True
    lonely = two(verb)
    assert "only the drills that this machine knows are read: monitoring-1 (recovery): " in lonely.stderr
    assert not list(two.drills.every())
    two.gone = False
    assert "only the drills" not in two(verb).stderr
    assert [kept.name for kept in two.drills.every()] == [kept.name for kept in root.glob("[!.]*")]
    assert two.journal().head == one.journal().head


def test_what_a_drill_of_another_machine_moved_is_told_beside_a_plan_and_a_broken_journal_refuses_it(
    terminals: tuple[Terminal, Terminal], host: Daemon, root: Path
) -> None:
    one, two = terminals
    plan = Plan(mode="switchover", tasks=(task(JOURNAL_STANDS), *TASKS))
    kept = replace(one.drills, custodian=Custodian(line=line(host, root))).make(plan, EXAMPLE, NOW)
    opened = Opened(at=NOW, by="o", drill=kept.name, mode=plan.mode, plan=plan.digest, machine="m")
    kept.shared().append(opened, *done(JOURNAL_STANDS), *ALL)
    with patch("asty.verbs.plan.world", return_value=world(FakeClouds(), FakeDevices())):
        planned = two.asty("plan", "--json")
    assert planned.exit_code == 0, planned.stderr
    found = json.loads(planned.stdout)
    assert {(one["service"], one["site"]) for one in found["led"]} == {("portal", "recovery"), ("data", "recovery")}
    (journal,) = root.glob("[!.]*/journal.jsonl")
    journal.write_bytes(journal.read_bytes().replace(b"switchover", b"switchoveR"))
    shutil.rmtree(two.drills.root)
    shutil.rmtree(two.drills.memory, ignore_errors=True)
    refused = two.asty("apply", "--plan", found["hash"])
    assert (refused.exit_code, "this line is not what the drill wrote" in refused.stderr) == (4, True), refused.stderr
    told = two("status")
    assert (told.exit_code, "this line is not what the drill wrote" in told.stderr) == (4, True), told.stderr


def test_a_line_that_broke_is_opened_anew(host: Daemon, root: Path) -> None:
    found = line(host, root)
    kept = Custodian(line=found)
    assert kept.drills() == {}
    assert found._channel
    found._channel.close()
    assert kept.drills() == {}


def test_a_host_that_is_silent_keeps_nobody_waiting_at_each_entry(host: Daemon, root: Path) -> None:
    tries = []

    def find_it() -> Host:
        tries.append(1)
        return lost()

    kept = Custodian(line=replace(line(host, root), find=find_it))
    for _ in range(3):
        with pytest.raises(Failed, match=r"its cloud says SHUTOFF.*asty drill override journal_stands"):
            kept.drills()
    assert len(tries) == 1


def test_only_the_host_with_the_recorded_key_keeps_journals(host: Daemon, root: Path) -> None:
    other = (Path(host.identity).with_suffix(".pub").read_text().strip(),)
    found = replace(line(host, root), find=lambda: replace(host.host, keys=other))
    with pytest.raises(Failed, match="shows another host key"):
        Custodian(line=found).drills()
    assert not root.exists()


def test_who_comes_again_asks_no_cloud_where_the_host_answers_as_it_did(host: Daemon, root: Path) -> None:
    kept: list[Host] = []
    assert Custodian(line=replace(line(host, root), keep=kept.append)).drills() == {}
    assert kept == [host.host]
    again = replace(line(host, root), find=lost, recall=kept.pop, keep=kept.append)
    assert Custodian(line=again).drills() == {}
    assert kept == [host.host]


@pytest.mark.parametrize("change", ["another key", "another place"])
def test_a_host_that_is_not_as_it_was_is_asked_for_anew_and_remembered(change: str, host: Daemon, root: Path) -> None:
    other = (Path(host.identity).with_suffix(".pub").read_text().strip(),)
    was = replace(host.host, keys=other) if change == "another key" else replace(host.host, port=9)
    kept: list[Host] = []
    found = replace(line(host, root), recall=lambda: was, keep=kept.append)
    assert Custodian(line=found).drills() == {}
    assert kept == [host.host]


def test_the_server_is_always_the_same_one() -> None:
    assert server(load(EXAMPLE.with_name("thessaloniki"))) == "monitoring-1"


def test_where_no_hosts_run_the_journal_stays_in_the_folder(tmp_path: Path) -> None:
    workspace = find({"XDG_STATE_HOME": str(tmp_path), "ASTY_WORKSPACE": "lab"}, city="thessaloniki")
    assert custodian_of(workspace) is None


def test_of_a_city_that_cannot_be_read_the_journal_cannot_be_kept_and_it_is_told_why(tmp_path: Path) -> None:
    workspace = find({"XDG_STATE_HOME": str(tmp_path), "ASTY_WORKSPACE": "lab"}, city=str(tmp_path))
    with patch("asty.drill_custodian.lab_access.params") as params:
        params.return_value.hosts = True
        with patch("asty.drill_custodian.lab_access.hosts"):
            kept = custodian_of(workspace)
    assert kept
    with pytest.raises(Failed, match="the journal cannot be kept there"):
        kept.drills()
