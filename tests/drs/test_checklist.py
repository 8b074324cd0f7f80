"""A drill's steps: found in their folder, in the order in which services need each other, each proven by a look."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from asty.__main__ import main
from city.errors import ExitCode
from city.model.services import Service, Tier
from drs import steps
from drs.check import Answer
from drs.checklist import checklist, longest
from drs.checklist_told import exit_code
from drs.compared import Sites
from drs.expected import in_the_cloud
from drs.observed import unseen
from drs.step import Mode, Proof, Step
from drs.waves import waves
from tests.drs.scenes import FakeGround, scene
from tests.drs.twins import AWAY, DATACENTRE, EXAMPLE, RECOVERY, STACKS, city, depending, spoilt, twins, without

ROOT = Path(__file__).parents[2]
BELL = '''"""Somebody rang the bell."""

from datetime import timedelta

from drs.check import Answer
from drs.step import Each, Mode, Proof, Step

STEP = Step(
    name="bell",
    title="The bell rings",
    each=Each.DRILL,
    order=5,
    modes=frozenset({Mode.FAILOVER}),
    approvers=1,
    time_limit=timedelta(seconds=30),
    does="Ring it.",
    undoes="",
    verify=lambda scene: Proof(answer=Answer.MET, reason="it is loud"),
)
'''
ASK = """
from drs.checklist import checklist
from drs.step import Mode
from tests.drs.twins import city
for mode in Mode:
    print(mode, checklist(city(), mode)[0].title)
"""


@pytest.mark.slow
def test_a_new_step_is_one_file(tmp_path: Path) -> None:
    for room in ("city", "drs", "cities/example", "tests/drs"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "drs" / "steps" / "bell.py").write_text(BELL)
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "rehearse The recovery site is ready",
        "switchover The recovery site is ready",
        "failover The bell rings",
        "failback The data centre is ready",
    ]


@pytest.mark.parametrize("step", steps.every(), ids=lambda step: step.name)
def test_a_step_has_its_modules_name_and_sentences_that_name_the_service(step: Step) -> None:
    assert (ROOT / "drs" / "steps" / f"{step.name}.py").exists()
    assert step.does.endswith(".") and step.modes
    named = dict.fromkeys(("here", "there", "Here", "There"), "a site")
    told = [text.format(service="portal", **named) for text in (step.title, step.does, step.undoes)]
    assert all("{" not in text for text in told)


def test_services_come_after_what_they_need_and_urgent_ones_first() -> None:
    assert waves(city()) == (("identity",), ("portal",), ("monitoring", "open-data"), ("iot-platform",))


def test_a_service_that_an_urgent_one_needs_is_as_urgent() -> None:
    """monitoring is of tier 2; portal, of tier 1, is made to need it."""
    needing = depending(twins(), portal=("monitoring",)).city
    assert waves(needing)[0] == ("identity", "monitoring") and waves(needing)[1] == ("portal",)


@given(st.data())
def test_no_wave_comes_before_what_it_needs(data: st.DataObject) -> None:
    names = sorted(in_the_cloud(city()))
    services: list[Service] = []
    for number, name in enumerate(data.draw(st.permutations(names))):
        earlier = [one.id for one in services]
        needs = data.draw(st.lists(st.sampled_from(earlier), unique=True)) if number else []
        tier = data.draw(st.sampled_from(Tier))
        services.append(replace(city().service(name), depends_on=tuple(needs), tier=tier))
    found = waves(replace(city(), services=tuple(services)))
    place = {name: number for number, wave in enumerate(found) for name in wave}
    assert sorted(place) == names
    assert all(place[other] < place[one.id] for one in services for other in one.depends_on)


def test_the_list_begins_with_the_site_and_takes_a_service_whole() -> None:
    items = checklist(city(), Mode.FAILOVER)
    taken = [(item.wave, item.service, item.step.name) for item in items]
    assert taken[0] == (0, "", "site_ready")
    assert [one for one in taken if one[1] == "open-data"] == [
        (0, "open-data", "service_runs"),
        (3, "open-data", "name_answers"),
        (3, "open-data", "service_answers"),
    ]
    waves_taken = [wave for wave, _, _ in taken]
    assert waves_taken == sorted(waves_taken), "a wave begins when the one before it has ended"
    assert len({(wave, service) for wave, service, _ in taken}) == 1 + 2 * len(in_the_cloud(city())), "ahead, and after"
    assert [item.number for item in items] == list(range(1, len(items) + 1))


def test_one_service_can_be_drilled_alone() -> None:
    items = checklist(city(), Mode.FAILOVER, ["open-data"])
    assert {item.service for item in items} == {"", "open-data"}


def test_a_way_back_names_the_sites_the_other_way_round() -> None:
    titles = [item.title for item in checklist(city(), Mode.FAILBACK, ["open-data"])]
    assert titles[:2] == ["The data centre is ready", "open-data runs at the data centre"]


def test_no_gate_of_a_real_drill_is_weaker_than_that_of_its_rehearsal() -> None:
    """A step is one record for all modes: its check, look and time are the same. So a mode is weaker only where it
    asks for fewer persons, or leaves out what the rehearsal looks at before it does anything."""
    for step in steps.every():
        real = [mode for mode in step.modes if mode.real]
        assert all(step.agreeing(mode) >= step.agreeing(Mode.REHEARSE) for mode in real)
        if Mode.REHEARSE in step.modes and step.do is None:
            assert step.modes == frozenset(Mode), f"{step.name} is a gate of the rehearsal alone"


def test_what_takes_writes_away_or_gives_them_is_agreed_to_by_two() -> None:
    assert {step.name for step in steps.every() if step.fences or step.promotes} >= {"drain", "fence", "promote"}
    assert all(step.approvers == 2 for step in steps.every() if step.fences or step.promotes)


def test_the_longest_time_counts_services_of_one_wave_once() -> None:
    limits = {step.name: step.time_limit for step in steps.every()}
    plain = replace(city(), services=tuple(replace(one, database="") for one in city().services))
    ahead = limits["site_ready"] + limits["service_runs"]
    wave = limits["name_answers"] + limits["service_answers"]
    assert longest(checklist(plain, Mode.FAILOVER)) == ahead + 4 * wave
    assert longest(checklist(plain, Mode.SWITCHOVER)) == ahead + 4 * wave, "side by side with opening"


def proof(sites: Sites, step: str, service: str = "") -> Proof:
    (item,) = [i for i in checklist(sites.city, Mode.FAILOVER) if (i.step.name, i.service) == (step, service)]
    ground = FakeGround(sites)
    ground.clouds[DATACENTRE].gone = True
    return item.verify(scene(sites, service, ground=ground))


@pytest.mark.parametrize(
    ("sites", "step", "service", "answer", "reason"),
    [
        pytest.param(
            twins(), "site_ready", "", Answer.MET, "things that could block a recovery: none does", id="a whole site"
        ),
        pytest.param(
            twins(recovery=spoilt(RECOVERY, keys=())), "site_ready", "", Answer.UNMET, "the operators' key", id="no key"
        ),
        pytest.param(
            twins(recovery=spoilt(RECOVERY, records=AWAY)),
            "site_ready",
            "",
            Answer.UNKNOWN,
            "Designate",
            id="DNS unseen",
        ),
        pytest.param(twins(), "service_runs", "identity", Answer.MET, "its servers and its balancer", id="it runs"),
        pytest.param(
            twins(recovery=without("servers", "identity-1")),
            "service_runs",
            "identity",
            Answer.PARTLY,
            "1 of 2",
            id="half",
        ),
        pytest.param(
            twins(recovery=without("balancers", "portal")),
            "service_runs",
            "portal",
            Answer.UNMET,
            "0 of 1",
            id="no way in",
        ),
        pytest.param(
            twins(), "service_runs", "open-data", Answer.UNMET, "pilot-light recovery", id="its data alone stands there"
        ),
        pytest.param(
            twins(recovery=unseen("recovery", "refused")),
            "service_runs",
            "portal",
            Answer.UNKNOWN,
            "refused",
            id="unseen",
        ),
        pytest.param(
            twins(), "name_answers", "portal", Answer.MET, "www.example.test. leads to", id="the name leads there"
        ),
    ],
)
def test_a_step_is_proven_by_what_is_seen(sites: Sites, step: str, service: str, answer: Answer, reason: str) -> None:
    found = proof(sites, step, service)
    assert found.answer is answer
    assert reason in found.reason


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([], ExitCode.DONE),
        ([Answer.MET], ExitCode.DONE),
        ([Answer.MET, Answer.PARTLY], ExitCode.FAILED),
        ([Answer.UNKNOWN, Answer.UNMET], ExitCode.FAILED),
        ([Answer.MET, Answer.UNKNOWN], ExitCode.UNKNOWN),
    ],
)
def test_unknown_is_never_done(answers: list[Answer], code: ExitCode) -> None:
    assert exit_code({number: Proof(answer=answer, reason="") for number, answer in enumerate(answers)}) is code


def shown(home: Path, *args: str) -> tuple[int, str]:
    environ = {"XDG_STATE_HOME": str(home), "ASTY_CITY": str(EXAMPLE), "ASTY_WORKSPACE": "lab"}
    with (
        patch("asty.lab_access.project"),
        patch("asty.gathering.evidence", return_value=STACKS),
        patch("asty.gathering.observe", return_value=twins()) as observe,
        patch("asty.drill_reach.ground", return_value=FakeGround(twins())),
    ):
        done = CliRunner().invoke(main, ["drill", "show", *args], env=environ)
        assert observe.called == ("--verify" in args), "nobody looks unless asked to"
    return done.exit_code, done.stdout


@pytest.mark.slow
def test_the_list_is_printed_for_a_person_without_asking_any_cloud(tmp_path: Path) -> None:
    code, told = shown(tmp_path)
    assert code == 0
    assert "before all\n[ ]   1 The recovery site is ready (at most 0:05:00)" in told
    assert "identity runs at the recovery site (at most 0:15:00, 2 persons agree first, RTO 0:30:00)" in told
    assert "Seen now" not in told


@pytest.mark.slow
def test_with_verify_each_step_is_marked_with_what_was_seen(tmp_path: Path) -> None:
    code, told = shown(tmp_path, "--verify")
    assert code == 1, "a pilot light does not run"
    assert re.search(r"\[x\] +\d+ identity runs", told)
    assert re.search(r"\[ \] +\d+ The name of identity", told), "the data centre's own DNS leads there still"
    assert re.search(r"\[ \] +\d+ open-data runs", told)
    assert "Seen now: unmet: none of it is declared to run at recovery (cold recovery)" in told


def test_the_keys_of_the_json_are_stable(tmp_path: Path) -> None:
    _, told = shown(tmp_path, "--verify", "--mode", "switchover", "--json")
    found = json.loads(told)
    assert set(found) == {"longest_s", "items", "too_slow"}
    keys = {"number", "wave", "service", "step", "title", "does", "undoes", "approvers"}
    keys |= {"time_limit_s", "expected_s", "answer", "reason"}
    assert set(found["items"][0]) == keys and found["items"][0]["answer"] == "met"
