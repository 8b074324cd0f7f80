"""Who cannot be reached troubles nobody else: on a network of the test's own, in a process that may die of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("unreachable_street.py")
ALONE = ("/usr/bin/unshare", "--map-root-user", "--net")


class Told(NamedTuple):
    ends: dict[str, dict[str, int]]
    """By kind of device: how often which reading ended how."""
    rest_cpu_s: float


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def told(request: pytest.FixtureRequest) -> Told:
    command = [*ALONE, sys.executable, str(SCRIPT), request.param]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, f"it ended with {ran.returncode}: {ran.stderr}"
    return Told(**json.loads(ran.stdout))


def test_a_device_that_answers_is_never_given_anothers_error(told: Told) -> None:
    assert list(told.ends["healthy"]) == ["answered"]
    assert told.ends["healthy"]["answered"] > 100


def test_an_address_that_nobody_has_gives_no_answer_and_icmps_reason(told: Told) -> None:
    assert list(told.ends["gone"]) == ["Refused: no answer: no route to host"]


def test_where_nothing_can_be_sent_the_trouble_is_our_own(told: Told) -> None:
    assert list(told.ends["nowhere"]) == ["OSError: [Errno 113] No route to host"]


def test_what_somebody_on_the_way_forbids_says_nothing_of_the_device(told: Told) -> None:
    assert [end.partition(":")[0] for end in told.ends["forbidden"]] == ["Forbidden"]


def test_what_icmp_said_is_read_once_and_keeps_nobody_busy(told: Told) -> None:
    assert told.rest_cpu_s < 0.1
