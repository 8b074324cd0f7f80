"""What a drill refuses or reports, kind by kind: what is wrong, what a person should do, and the exit code."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import NamedTuple

import pytest

from drs.check import Answer
from drs.drill.entry import Begun, Opened, Overridden, Seen
from drs.drill.folder import Kept
from drs.drill.of_city import plan_of
from drs.step import Mode
from tests.asty.test_drills import Desk
from tests.drs.twins import EXAMPLE, city

pytestmark = pytest.mark.slow
NOW = datetime(2030, 3, 1, 3, tzinfo=UTC)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0nDvKlPf1V0sS6yrcA1J2xkq0J9pYhJmB4w3m1n0aa"
OTHER = KEY[:-2] + "bb"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    copytree(EXAMPLE, tmp_path / "example")
    made.environ["ASTY_CITY"] = str(tmp_path / "example")
    yield made
    made.close()


def nothing(_desk: Desk) -> None:
    """The city is right, and no drill was ever begun."""


def declared(text: str) -> Callable[[Desk], None]:
    def plant(desk: Desk) -> None:
        with (Path(desk.environ["ASTY_CITY"]) / "city.yaml").open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")

    return plant


def circle(desk: Desk) -> None:
    services = Path(desk.environ["ASTY_CITY"]) / "services.yaml"
    text = services.read_text(encoding="utf-8")
    needed = "identity:\n  name: {el: Ταυτότητα, en: Identity}\n"
    assert needed in text
    services.write_text(text.replace(needed, f"{needed}  depends_on: [portal]\n"), encoding="utf-8")


def fresh(desk: Desk, keys: dict[str, str] | None = None) -> Kept:
    """A drill that was made, and not opened."""
    plan = plan_of(city(), Mode.FAILOVER)
    signed = type(plan)(mode=plan.mode, tasks=plan.tasks, keys=keys or {}, city=plan.city)
    return desk.drills.make(signed, EXAMPLE, datetime.now(UTC))


def opened(desk: Desk, keys: dict[str, str] | None = None) -> Kept:
    kept = fresh(desk, keys)
    journal = kept.journal()
    plan = journal.run.plan
    journal.append(Opened(at=NOW, by="maria", drill=kept.name, mode=plan.mode, plan=plan.digest, machine="laptop"))
    return kept


def begun(desk: Desk) -> None:
    opened(desk)


def signing(desk: Desk) -> None:
    opened(desk, {"maria": KEY, "nikos": OTHER})


def unopened(desk: Desk) -> None:
    fresh(desk)


def conducted(desk: Desk) -> None:
    """By another process, for as long as the test lasts."""
    opened(desk)
    desk.keep(desk.drills.conducting())


def changed(desk: Desk) -> None:
    file = opened(desk).folder / "journal.jsonl"
    file.write_bytes(file.read_bytes().replace(b"laptop", b"lapdog"))


def garbled(desk: Desk) -> None:
    (opened(desk).folder / "journal.jsonl").write_bytes(b"{}\n")


def torn(desk: Desk) -> None:
    with (opened(desk).folder / "journal.jsonl").open("ab") as file:
        file.write(b'{"what": "approved", "by": "nik')


def planless(desk: Desk) -> None:
    (opened(desk).folder / "plan.json").write_text("{", encoding="utf-8")


def dateless(desk: Desk) -> None:
    services = opened(desk).city / "services.yaml"
    services.write_text(services.read_text(encoding="utf-8") + "# later\n", encoding="utf-8")


class Case(NamedTuple):
    """After `arrange`, `asty drill WORDS` ends with `code`; `_` among the words is a blank."""

    arrange: Callable[[Desk], None]
    words: str
    code: int
    problem: str
    remedy: str


CASES = {
    "no drill": (nothing, "resume", 2, "none was ever begun here", "Begin one with `asty drill run`"),
    "wrong mode": (nothing, "run --mode rollback", 2, "'rollback' is not one of", "'switchover', 'failover'"),
    "no mode": (nothing, "run", 2, "Missing option '--mode'", "failover, failback"),
    "unknown service": (nothing, "run --mode failover --service dance", 2, "it is not in the cloud", "There is"),
    "no moment": (nothing, "run --mode failover --point yesterday", 2, "no moment with an offset", "2030-03-31T12:00"),
    "a moment to come": (nothing, "run --mode failover --point 9999-01-01T00:00Z", 2, "it is to come", "drill points"),
    "a moment for a switchover": (
        nothing,
        "run --mode switchover --point 2020-01-01T00:00Z",
        2,
        "no step of this switchover goes back to a point",
        "Choose `--mode failover`",
    ),
    "a circle": (circle, "run --mode failover", 2, "services depend on each other", "again"),
    "one approver": (
        declared(f"drills: {{approvers: {{maria: {{key: {KEY}}}}}}}"),
        "run --mode failover",
        2,
        "fewer than two may agree",
        "Name two persons or more",
    ),
    "a key for two": (
        declared(f"drills: {{approvers: {{maria: {{key: {KEY}}}, nikos: {{key: {KEY}}}}}}}"),
        "run --mode failover",
        2,
        "nikos has the key of maria",
        "a key of their own",
    ),
    "a drill is open": (begun, "run --mode failover", 3, "it is not over", "Go on with `asty drill resume`"),
    "a drill is conducted": (conducted, "resume", 3, "conducts one now", "to take over, end that process first"),
    "another drill": (begun, "status --drill 2029", 2, "it is not here", "Known are: 20"),
    "no such step": (begun, "approve dance", 2, "has no such step", "`asty drill status` names them"),
    "no reason": (begun, "override site_ready --by maria", 2, "Missing option '--reason'", "--help"),
    "an empty reason": (
        begun,
        "override site_ready --by maria --reason _",
        3,
        "whoever answers for a task gives a name and a reason",
        "Look at `asty drill status`",
    ),
    "unsigned": (signing, "approve site_ready --by maria", 2, "who agrees to its steps signs", "Give `--key`"),
    "no key there": (
        signing,
        "approve site_ready --by maria --key /nowhere",
        2,
        "No such file",
        "Name the file of your own key",
    ),
    "agreement for too long": (begun, "approve site_ready --for 1441", 2, "not in the range", "1<=x<=1440"),
    "not begun": (unopened, "report", 2, "it has not begun", "Begin it with `asty drill resume`"),
    "agreed before it began": (unopened, "approve site_ready", 3, "no drill is open", "Look at `asty drill status`"),
    "stamped by nobody": (begun, "stamp", 2, "names no authority that stamps", "Declare `drills: timestamps`"),
    "a changed journal": (changed, "verify", 4, "is not the one that this machine has seen", "newest copy"),
    "a garbled journal": (garbled, "status", 4, "this line is not what the drill wrote", "Keep the file as evidence"),
    "another digest": (begun, "verify --head 00", 4, "no line of it has the digest 00", "Keep the file as evidence"),
    "no plan": (planless, "resume", 2, "plan.json: it cannot be read", "Take it back from its copy"),
    "other data": (dateless, "report", 4, "not those of the day", "Take them back from a copy"),
}


@pytest.mark.parametrize("case", [Case(*case) for case in CASES.values()], ids=CASES.keys())
def test_it_is_refused_with_what_a_person_should_do(desk: Desk, case: Case) -> None:
    case.arrange(desk)
    before = written(desk)
    done = desk(*(" " if word == "_" else word for word in case.words.split()))
    assert (done.exit_code, done.stdout) == (case.code, ""), done.stderr
    assert case.problem in done.stderr
    assert case.remedy in " ".join(done.stderr.split())
    assert written(desk) == before, "nothing is done without a record, and nothing is recorded of what was refused"


def written(desk: Desk) -> dict[Path, bytes]:
    """The journals of which anything was written."""
    files = desk.drills.root.rglob("journal.jsonl")
    return {file: content for file in files if (content := file.read_bytes())}


def test_a_line_that_a_power_cut_left_half_written_is_no_reason_to_refuse(desk: Desk) -> None:
    torn(desk)
    assert desk("verify").exit_code == 0
    assert desk("approve", "site_ready", "--by", "nikos").exit_code == 0
    assert [type(entry).__name__ for entry in desk.journal().entries] == ["Opened", "Approved"]


def test_agreement_that_has_run_out_is_asked_for_again(desk: Desk) -> None:
    step = "service_runs:open-data"
    journal = opened(desk).journal()
    journal.append(Seen(at=NOW, by="maria", task="site_ready", answer=Answer.MET, reason="looked"))
    journal.append(Seen(at=NOW, by="maria", task=step, answer=Answer.UNMET, reason="looked"))
    for by in ("nikos", "eleni"):
        desk("approve", step, "--by", by, "--for", "1")
    late = datetime.now(UTC) + timedelta(minutes=2)
    run = desk.journal().run
    assert run.known(step).approved(late) == ()
    told = desk("status")
    assert "AwaitingApproval" not in told.stdout, "for a minute"


def test_an_rto_that_earlier_drills_could_not_have_kept_is_told_by_check_and_by_show(desk: Desk) -> None:
    before = desk("show", "--json")
    assert '"too_slow": []' in before.stdout
    journal = opened(desk).journal()
    journal.append(Seen(at=NOW, by="maria", task="site_ready", answer=Answer.UNMET, reason="looked"))
    journal.append(Begun(at=NOW, by="maria", task="site_ready", attempt=1))
    proven = Seen(at=NOW + timedelta(minutes=45), by="maria", task="site_ready", answer=Answer.MET, reason="looked")
    journal.append(proven)
    shown = desk("show")
    told = "rto 0:30:00 of identity cannot be kept: in earlier drills, site_ready took 0:45:00. Make the longest"
    assert told in shown.stdout
    assert "(took 2700 s in earlier drills, at most" in shown.stdout
    checked = desk.check()
    assert (checked.exit_code, told in checked.stdout) == (0, True)


def test_whoever_answers_for_a_step_is_named(desk: Desk) -> None:
    begun(desk)
    assert desk("override", "site_ready", "--by", "eleni", "--reason", "the state asks for it").exit_code == 0
    assert isinstance(desk.journal().entries[-1], Overridden)
