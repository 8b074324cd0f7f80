"""`asty drill readiness` as a person reads it, of sites made up here."""

from pathlib import Path
from unittest.mock import patch

from click.testing import CliRunner

from asty.__main__ import main
from drs.compared import Sites
from drs.observed import unseen
from tests.drs.twins import AWAY, EXAMPLE, RECOVERY, STACKS, depending, spoilt, twins, without


def said_of(sites: Sites, home: Path) -> str:
    environ = {"XDG_STATE_HOME": str(home), "ASTY_CITY": str(EXAMPLE), "ASTY_WORKSPACE": "lab"}
    with (
        patch("asty.lab_access.project"),
        patch("asty.gathering.evidence", return_value=STACKS),
        patch("asty.gathering.observe", return_value=sites),
    ):
        return CliRunner().invoke(main, ["drill", "readiness"], env=environ).stdout


def test_a_gap_that_could_not_be_seen_says_why_and_where_to_look(tmp_path: Path) -> None:
    said = said_of(twins(recovery=spoilt(RECOVERY, images=AWAY)), tmp_path)
    told = "image base: Glance of recovery could not be asked: connection refused. Look at Glance of recovery"
    assert f"unknown {told}, and ask again." in said
    assert "not at recovery" not in said


def test_a_site_that_is_gone_is_told_in_a_line_and_not_once_for_all_that_stands_there(tmp_path: Path) -> None:
    said = said_of(twins(recovery=unseen("recovery", "nothing listens at its address")), tmp_path)
    assert said.startswith("recovery does not answer: nothing listens at its address\n")
    told = [line for line in said.splitlines() if "could not be asked" in line]
    assert len(told) == 2, "what blocks, and what is a warning"
    assert told[0].startswith("blocking unknown flavour small, flavour medium, image base and ")


def test_a_service_that_waits_says_for_what_and_what_becomes_of_that(tmp_path: Path) -> None:
    sites = depending(twins(recovery=without("servers", "identity-")), portal=("identity", "job-platform"))
    (portal,) = [line for line in said_of(sites, tmp_path).splitlines() if line.strip().startswith("portal")]
    needs = "(needs identity, which cannot be had; job-platform, which is not in the cloud)"
    assert portal.endswith(f"cannot be had {needs}")
