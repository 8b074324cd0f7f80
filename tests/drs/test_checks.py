"""Checks are found in their folder, say what they do, and a new one is one file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from drs import checks
from drs.check import Answer, Check
from tests.drs.twins import RECOVERY, assessed, spoilt, twins

ROOT = Path(__file__).parents[2]
CHIMES = '''"""Do the bells ring?"""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import Answer, Check, Finding, Weight
from drs.compared import Sites


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    yield replace(blank, subject=f"bells of {sites.here.id}", answer=Answer.UNMET, problem="they are silent")


CHECK = Check(
    name="chimes",
    area="chimes",
    order=15,
    weight=Weight.WARNING,
    compares="whether the bells ring",
    remedy="Wind the clock.",
    find=_find,
)
'''
ASK = """
from drs import checks
from tests.drs.twins import assessed, twins
print([check.name for check in checks.every()][:3])
print([f"{gap.subject}: {gap.problem}. {gap.remedy}" for gap in assessed(twins()).gaps])
"""


@pytest.mark.slow
def test_a_new_check_is_one_file(tmp_path: Path) -> None:
    for room in ("city", "drs", "cities/example", "tests/drs"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "drs" / "checks" / "chimes.py").write_text(CHIMES)
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "['state', 'chimes', 'flavours']",
        "['bells of recovery: they are silent. Wind the clock.']",
    ]


@pytest.mark.parametrize("check", checks.every(), ids=lambda check: check.name)
def test_a_check_has_its_modules_name_and_says_what_it_compares_and_what_helps(check: Check) -> None:
    assert (ROOT / "drs" / "checks" / f"{check.name}.py").exists()
    assert check.compares and check.remedy.rstrip("`").endswith(".") and check.area


def test_no_two_checks_have_the_same_place_in_the_order() -> None:
    orders = [check.order for check in checks.every()]
    assert orders == sorted(set(orders))


def test_gaps_of_one_weight_come_in_the_order_in_which_a_person_mends_them() -> None:
    """Without a key no server is worth making, without a network no name leads anywhere."""
    site = spoilt(RECOVERY, keys=(), subnets=(), servers=(), records=())
    areas = [gap.area for gap in assessed(twins(recovery=site)).gaps if gap.answer is Answer.UNMET]
    firsts = list(dict.fromkeys(areas))
    assert firsts[: firsts.index("names") + 1] == ["keys", "networks", "security groups", "placement", "names"]
