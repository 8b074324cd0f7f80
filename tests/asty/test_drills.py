"""Drills from the command line, over sites made up here: begun, agreed to, stopped, taken over, looked at."""

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from shutil import copytree
from stat import S_IMODE
from threading import Event, Thread
from typing import Any, Self
from unittest.mock import patch

import asyncssh
import pytest
from click.testing import CliRunner, Result

from asty.__main__ import main
from asty.city_data import load
from asty.letters import LETTERS
from drs.drill.entry import Approved, Begun, Entry, Stopped, TakenOver
from drs.drill.folder import Drills
from drs.drill.journal import Journal
from drs.drill.moves import Wait
from drs.drill.of_city import plan_of
from drs.drill.run import Run
from drs.drill.status import sentence
from drs.report.pdf import NoLetters
from drs.step import Mode
from tests.drs.drill.authority import authority
from tests.drs.scenes import FakeGround
from tests.drs.twins import DATACENTRE, EXAMPLE, STACKS, city, twins

pytestmark = pytest.mark.slow
PASSPHRASE = "καλημέρα"  # noqa: S105 - of a key that lives for one test
QUICK = timedelta(milliseconds=20)
STEP = "service_runs:open-data"
"""What a pilot light does not do: it is not done at the recovery site of the twins."""


def plain(folder: Path) -> Path:
    """The example city as the twins show it: no service in the cloud has a database."""
    copytree(EXAMPLE, folder)
    file = folder / "services.yaml"
    told = file.read_text(encoding="utf-8")
    for line in ("  database: portal\n", "  database: identity\n", "  backup: {to: recovery}\n"):
        told = told.replace(line, "")
    file.write_text(told, encoding="utf-8")
    return folder


class Desk:
    """An operator's terminal; `sites` is what is seen from it."""

    def __init__(self, home: Path) -> None:
        self.environ = {"XDG_STATE_HOME": str(home), "ASTY_CITY": str(plain(home / "plain")), "ASTY_WORKSPACE": "lab"}
        own = home / "asty" / "lab"
        self.drills = Drills(root=own / "sites" / "recovery" / "drills", memory=own / "drills-seen")
        self.sites = twins()
        self.told: list[str] = []
        """What whoever conducted said, so far."""
        self._others: list[Thread] = []
        self._over = Event()
        self._kept = ExitStack()

    def close(self) -> None:
        """Nobody at another terminal outlives the test."""
        self._over.set()
        for other in self._others:
            other.join()
        self._kept.close()

    def keep(self, held: AbstractContextManager[object]) -> None:
        """Until the test is over."""
        self._kept.enter_context(held)

    def __call__(self, *args: str, typed: str | None = None) -> Result:
        def noted(happened: Entry | Wait) -> str:
            self.told.append(sentence(happened))
            return self.told[-1]

        with ExitStack() as stack:
            stack.enter_context(patch("asty.drill_conduct.sentence", noted))
            stack.enter_context(patch("asty.lab_access.project"))
            stack.enter_context(patch("asty.gathering.evidence", return_value=STACKS))
            stack.enter_context(patch("asty.gathering.observe", side_effect=lambda *_: self.sites))
            stack.enter_context(patch("asty.drill_reach.LOOK_AGAIN", QUICK))
            stack.enter_context(patch("asty.drill_conduct.LOOK_AGAIN", QUICK))
            ground = FakeGround(self.sites)
            ground.clouds[DATACENTRE].gone = True
            stack.enter_context(patch("asty.drill_conduct.ground", return_value=ground))
            return CliRunner().invoke(main, ["drill", *args], env=self.environ, input=typed)

    def asks(self) -> bool:
        """Whether agreement was asked for, so far; that a step waits is in the journal before."""
        return any("AwaitingApproval" in line for line in self.told)

    def check(self) -> Result:
        return CliRunner().invoke(main, ["check"], env=self.environ)

    def journal(self) -> Journal:
        return self.drills.find(None).journal()

    def back_to(self, lines: int) -> None:
        """The journal as a kill left it after so many lines, on a machine that had seen no more."""
        kept = self.drills.find(None)
        path = kept.folder / "journal.jsonl"
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))
        (kept.memory / kept.name).unlink()

    def when(self, reached: Any, then: Any) -> Thread:  # noqa: ANN401 - two small functions
        """From another terminal: once the run is so, append that."""

        def watch() -> None:
            while not list(self.drills.every()) or not reached(self.journal().run):
                if self._over.wait(0.01):
                    return
            for entry in then():
                self.journal().append(entry)

        thread = Thread(target=watch, daemon=True)
        self._others.append(thread)
        thread.start()
        return thread


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def waits(run: Run) -> bool:
    return run.known(STEP).stage.value == "not done"


def stop() -> Iterator[Stopped]:
    yield Stopped(at=datetime.now(UTC), by="nikos", reason="false alarm")


def test_a_drill_proves_what_stands_and_waits_for_agreement_where_something_is_to_be_done(desk: Desk) -> None:
    desk.when(lambda run: waits(run) and desk.asks() and "name_answers:portal" in run.proven, stop)
    done = desk("run", "--mode", "failover", "--by", "maria")
    assert done.exit_code == 1, done.stderr
    assert "maria began the failover" in done.stderr
    assert f"{STEP}: AwaitingApproval: 0 of 2 persons agree" in done.stderr
    assert "proven      service_runs:portal" in done.stdout
    assert f"not done    {STEP}" in done.stdout
    journal = desk.journal()
    assert journal.run.closed
    assert not [entry for entry in journal.entries if isinstance(entry, Begun)], "what stands is not done again"


def test_with_two_who_agree_the_person_is_told_what_to_do_and_the_look_proves_it(desk: Desk) -> None:
    now = datetime.now(UTC)

    def agree() -> Iterator[Approved]:
        for by in ("nikos", "eleni"):
            yield Approved(at=now, by=by, task=STEP, until=now + timedelta(hours=1))

    desk.when(waits, agree)
    desk.when(lambda run: run.known(STEP).stage.value == "returned", stop)
    done = desk("run", "--mode", "failover", "--by", "maria")
    assert f"{STEP}: nikos agrees" not in done.stderr, "it is told by who conducts, and nikos sits elsewhere"
    assert f"{STEP}: open-data-1 and its entrance stand at recovery" in done.stderr
    assert desk.journal().run.known(STEP).attempts == 1


def test_no_second_drill_begins_while_one_is_open_and_stop_ends_it(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover")
    entries = desk.journal().entries
    desk.back_to(next(number for number, entry in enumerate(entries) if isinstance(entry, Stopped)))
    refused = desk("run", "--mode", "failover")
    assert refused.exit_code == 3
    assert "it is not over. Go on with `asty drill resume`, or end it with `asty drill stop`" in refused.stderr
    ended = desk("stop", "--reason", "the exercise is over", "--by", "eleni")
    assert ended.exit_code == 1, ended.stderr
    assert desk.journal().run.closed
    assert desk.journal().run.stopped


def test_a_drill_that_died_before_its_first_line_is_stopped_and_the_next_begins(desk: Desk) -> None:
    desk.drills.make(plan_of(city(), Mode.FAILOVER), EXAMPLE, datetime.now(UTC))
    assert desk("run", "--mode", "failover").exit_code == 3
    ended = desk("stop", "--reason", "its machine died", "--by", "eleni")
    assert ended.exit_code == 1, ended.stderr
    run = desk.journal().run
    assert (run.opened and run.opened.by, run.stopped and run.stopped.by, bool(run.closed)) == ("eleni", "eleni", True)
    desk.when(lambda run: waits(run) and not run.closed, stop)
    assert "began the failover" in desk("run", "--mode", "failover", "--by", "maria").stderr


class Earlier(datetime):
    """Two minutes ago."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) - timedelta(minutes=2)


def test_agreement_that_has_run_out_begins_nothing_and_is_asked_for_anew(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover")
    desk.back_to(1)
    with patch("asty.verbs.drill.approve.datetime", Earlier):
        for by in ("nikos", "eleni"):
            assert desk("approve", STEP, "--by", by, "--for", "1").exit_code == 0
    (told,) = [one for one in json.loads(desk("status", "--json").stdout)["tasks"] if one["task"] == STEP]
    assert told["agreed"] == []
    desk.told.clear()
    desk.when(lambda run: waits(run) and desk.asks(), stop)
    done = desk("resume", "--by", "maria")
    assert f"{STEP}: AwaitingApproval: 0 of 2 persons agree" in done.stderr
    assert not [entry for entry in desk.journal().entries if isinstance(entry, Begun)]


def test_another_operator_goes_on_from_the_journal(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover", "--by", "maria")
    desk.back_to(2)
    desk.when(waits, stop)
    done = desk("resume", "--by", "nikos")
    assert "nikos conducts the drill from now on" in done.stderr
    assert any(isinstance(entry, TakenOver) for entry in desk.journal().entries)


def test_a_journal_from_an_old_copy_waits_for_a_person(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover", "--by", "maria")
    path = desk.drills.find(None).folder / "journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    done = desk("resume")
    assert done.exit_code == 4
    assert "entries, and this machine has seen" in done.stderr
    assert "Take the newest copy of the journal back" in done.stderr


def test_agreement_and_answering_go_into_the_journal_by_name(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover")
    desk.back_to(1)
    agreed = desk("approve", STEP, "--by", "nikos", "--for", "5", "--json")
    assert agreed.exit_code == 0
    (told,) = [task for task in json.loads(agreed.stdout)["tasks"] if task["task"] == STEP]
    assert told["agreed"] == ["nikos"]
    assert told["approvers"] == 2
    answered = desk("override", STEP, "--reason", "the building has burnt down", "--by", "eleni")
    assert answered.exit_code == 0
    assert desk.journal().run.known(STEP).reason == "eleni answers for it: the building has burnt down"


def test_a_person_answers_for_all_that_a_lost_site_cannot_prove_in_one_go_or_for_nothing(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover")
    desk.back_to(1)
    before = desk.journal().entries
    why = ("--reason", "the building has burnt down", "--by", "eleni")
    assert desk("override", STEP, "dance:portal", *why).exit_code == 2
    assert desk.journal().entries == before
    others = [task.id for task in desk.journal().run.plan.tasks if task.id != STEP][:1]
    assert desk("override", STEP, *others, *why).exit_code == 0
    assert {desk.journal().run.known(step).reason for step in (STEP, *others)} == {
        "eleni answers for it: the building has burnt down"
    }


def test_a_step_that_is_not_there_is_refused_before_anything_is_written(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover")
    before = desk.journal().entries
    done = desk("approve", "dance:portal")
    assert (done.exit_code, "no such step" in done.stderr) == (2, True)
    assert desk.journal().entries == before


def test_status_proves_the_journal_and_names_a_line_that_was_changed(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover", "--by", "maria")
    whole = desk("status", "--json")
    keys = {"drill", "mode", "point", "plan", "head", "conductor", "machine", "opened", "stopped", "closed", "tasks"}
    assert json.loads(whole.stdout).keys() == keys
    path = desk.drills.find(None).folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"maria", b"jmoriarty", 1))
    changed = desk("status", "--json")
    assert changed.exit_code == 4
    assert "journal.jsonl:" in json.loads(changed.stdout)["error"]["thing"]


def test_the_report_is_a_page_in_each_language_among_the_evidence(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover", "--by", "maria")
    greek, english = desk("report"), desk("report", "--language", "en", "--json")
    assert "Αναφορά άσκησης ανάκαμψης" in Path(greek.stdout.strip()).read_text()
    told = json.loads(english.stdout)
    assert "Report of a recovery drill" in Path(told["file"]).read_text()
    assert (greek.exit_code, told["head"]) == (1, desk.journal().head)
    assert told["persons"] == ["maria", "nikos"]


def test_the_report_is_a_pdf_too_and_the_same_each_time(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover", "--by", "maria")
    file = Path(desk("report", "--pdf").stdout.strip())
    first = file.read_bytes()
    file.unlink()
    assert desk("report", "--pdf", "--json").exit_code == 1
    assert (file.suffix, file.read_bytes() == first, first[:5]) == (".pdf", True, b"%PDF-")
    assert S_IMODE(file.stat().st_mode) == 0o600


def test_what_draws_the_letters_of_a_pdf_is_installed_where_it_is_missing(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover", "--by", "maria")
    missing = NoLetters("the report as PDF", "no font", "Install it.")
    with (
        patch("asty.verbs.drill.report.pdf", side_effect=[missing, b"%PDF-"]),
        patch("asty.verbs.drill.report.ensure") as ensure,
    ):
        file = Path(desk("report", "--pdf").stdout.strip())
    assert ensure.call_args.args[0] == LETTERS
    assert file.read_bytes() == b"%PDF-"


def test_verify_says_who_vouches_for_a_journal_and_names_what_was_changed(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover", "--by", "maria")
    here = desk("verify", "--json")
    told = json.loads(here.stdout)
    assert (here.exit_code, told["closed"], told["torn_bytes"], len(told["vouched"])) == (0, True, 0, 1)
    kept = desk.drills.find(None)
    (kept.memory / kept.name).unlink()
    elsewhere = desk("verify")
    assert (elsewhere.exit_code, "nobody vouches for the last line" in elsewhere.stdout) == (4, True)
    assert desk("verify", "--head", told["head"]).exit_code == 0
    (kept.city / "services.yaml").unlink()
    changed = desk("verify", "--head", told["head"])
    assert changed.exit_code == 4
    assert "not those of the day on which the drill was made" in changed.stderr
    assert desk("report").exit_code == 4, "a report rests on them"


@pytest.mark.slow
def test_an_authority_stamps_the_end_of_a_drill_and_later_where_it_did_not_answer(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "example"
    plain(folder)
    desk.environ["ASTY_CITY"] = str(folder)
    with authority(tmp_path / "tsa") as clock:
        for url in ("http://127.0.0.1:9/", clock.url):
            time.sleep(1.1)  # a drill has its name from the second in which it begins
            pem = "".join(f"      {line}\n" for line in clock.authority.splitlines())
            before = (EXAMPLE / "city.yaml").read_text(encoding="utf-8")
            declared = f"drills:\n  timestamps:\n    url: {url}\n    authority: |\n{pem}"
            (folder / "city.yaml").write_text(f"{before}{declared}", encoding="utf-8")
            desk.sites = replace(twins(), city=load(folder))
            desk.when(lambda run: waits(run) and not run.closed, stop)
            done = desk("run", "--mode", "failover", "--by", "maria")
            assert done.exit_code == 1, done.stderr
            silent = url != clock.url
            assert ("it stamped nothing" in done.stderr) is silent
            assert bool(json.loads(desk("verify", "--json").stdout)["stamps"]) is not silent
    refused = desk("stamp")
    assert refused.exit_code == 0, "it was stamped before"


def test_a_drill_of_a_city_without_an_authority_cannot_be_stamped(desk: Desk) -> None:
    desk.when(waits, stop)
    desk("run", "--mode", "failover", "--by", "maria")
    done = desk("stamp")
    assert (done.exit_code, "names no authority that stamps times" in done.stderr) == (2, True)


def test_a_drill_that_never_began_has_nothing_to_report(desk: Desk) -> None:
    desk.drills.make(plan_of(city(), Mode.FAILOVER), EXAMPLE, datetime.now(UTC))
    done = desk("report")
    assert (done.exit_code, "it has not begun" in done.stderr) == (2, True)


def test_without_a_drill_the_way_to_begin_one_is_told(desk: Desk) -> None:
    done = desk("status")
    assert (done.exit_code, "asty drill run" in done.stderr) == (2, True)


def test_where_the_city_names_approvers_an_agreement_is_signed(desk: Desk, tmp_path: Path) -> None:
    """By two persons with a key each; one key has a passphrase."""
    maria, nikos = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    (tmp_path / "maria").write_bytes(maria.export_private_key())
    (tmp_path / "nikos").write_bytes(nikos.export_private_key(passphrase=PASSPHRASE, rounds=2, ignore_few_rounds=True))
    keys = {"maria": maria.export_public_key().decode(), "nikos": nikos.export_public_key().decode()}
    desk.drills.make(replace(plan_of(city(), Mode.FAILOVER), keys=keys), EXAMPLE, datetime.now(UTC))
    desk.when(waits, stop)
    desk("resume", "--by", "maria")
    desk.back_to(1)
    unsigned = desk("approve", STEP, "--by", "maria")
    assert (unsigned.exit_code, "Give `--key`" in unsigned.stderr) == (2, True)
    borrowed = desk("approve", STEP, "--by", "nikos", "--key", str(tmp_path / "maria"))
    assert (borrowed.exit_code, "no signature by the key of nikos" in borrowed.stderr) == (3, True)
    assert len(desk.journal().entries) == 1, "nothing of it was written"
    assert desk("approve", STEP, "--by", "maria", "--key", str(tmp_path / "maria")).exit_code == 0
    agreed = desk("approve", STEP, "--by", "nikos", "--key", str(tmp_path / "nikos"), typed=f"{PASSPHRASE}\n")
    assert agreed.exit_code == 0, agreed.stderr
    assert "nikos agrees" in agreed.stderr
    assert "(signed)" in agreed.stderr
    assert desk.journal().run.known(STEP).approved(datetime.now(UTC)) == ("maria", "nikos")


def test_readiness_names_services_that_no_drill_has_proven_of_late(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "example"
    plain(folder)
    with (folder / "city.yaml").open("a", encoding="utf-8") as file:
        file.write("drills: {every: 180d}\n")
    desk.environ["ASTY_CITY"] = str(folder)
    desk.sites = replace(twins(), city=load(folder))
    before = json.loads(desk("readiness", "--json").stdout)
    assert {gap["problem"] for gap in before["gaps"]} == {"no drill has proven its recovery"}
    assert before["verdict"] == "ready", "it is a warning"
    desk.when(lambda run: "name_answers:portal" in run.proven, stop)
    desk("run", "--mode", "failover", "--by", "maria")
    desk.sites = replace(desk.sites, at=datetime.now(UTC))
    after = json.loads(desk("readiness", "--json").stdout)
    assert "drills of portal" not in {gap["subject"] for gap in after["gaps"]}
    assert f"drills of {STEP.removeprefix('service_runs:')}" in {gap["subject"] for gap in after["gaps"]}
