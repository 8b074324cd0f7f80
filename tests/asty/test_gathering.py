"""What readiness is given: what infra places, sites that answer or do not, and stacks that open or do not."""

from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from pulumi.automation import CommandError, CommandResult, StackNotFoundError

from asty import gathering
from city.errors import InvalidInput
from city.load import load
from city.model.city import City
from drs import observed
from drs.compared import StackEvidence
from infra.project import Project

PASSPHRASE = "correct horse battery staple"  # noqa: S105 - opens nothing but the salt below
SALT = "v1:ZTCzSw0OhFA=:v1:dRq1V4lPwqLtMNUd:P6X7ePPIVNZl5gzXdLKEKmcWtXVTfw=="
"""As Pulumi wrote it for that passphrase."""
OTHER = "v1:AH7yU7cwtig=:v1:ZaRirmGafOBdnqGL:dd7HAitfRABWQ71t34AeBttoYIvWuA=="


def deployment(salt: str) -> dict[str, object]:
    return {"resources": [{}, {}], "secrets_providers": {"type": "passphrase", "state": {"salt": salt}}}


@pytest.fixture(scope="module")
def city() -> City:
    return load(Path(__file__).parents[2] / "cities" / "example")


@pytest.fixture
def project(tmp_path: Path, city: City) -> Project:
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
    return Project(
        folder=tmp_path / "pulumi",
        city=city.folder,
        clouds=tmp_path / "clouds.yaml",
        path_entries=(),
        plugin_home=tmp_path,
    )


class Gone:
    def __init__(self, site: str) -> None:
        self.site = site

    def observe(self) -> observed.SeenSite:
        return observed.unseen(self.site, "nothing listens at its address")


def test_sites_are_seen_each_by_its_own_eyes(city: City) -> None:
    stacks, at = (StackEvidence(stack="lab-recovery", readable=True, resources=1),), datetime(2030, 1, 1, tzinfo=UTC)
    seen = gathering.observe(city, stacks, (Gone("datacentre"), Gone("recovery")), at)
    assert (seen.datacentre.site, seen.recovery.site) == ("datacentre", "recovery")
    assert not seen.datacentre.reachable and not seen.recovery.reachable
    assert (seen.at, seen.stacks) == (at, stacks)
    assert (seen.declared_there.router, seen.declared_here.router) == ("datacentre", "recovery")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("export", "found"),
    [
        pytest.param(deployment(SALT), {"readable": True, "resources": 2}, id="opened"),
        pytest.param(
            deployment(OTHER),
            {"readable": False, "resources": 0, "reason": "passphrase kept there is not its own"},
            id="exported, but made with another passphrase",
        ),
        pytest.param({}, {"readable": True, "resources": 0}, id="opened, and empty"),
        pytest.param(
            CommandError(CommandResult(stdout="", stderr="error: incorrect passphrase", code=255)),
            {"readable": False, "resources": 0, "reason": "incorrect passphrase"},
            id="Pulumi cannot read it",
        ),
        pytest.param(
            StackNotFoundError(CommandResult(stdout="", stderr="error: no stack named 'x' found", code=6)),
            {"readable": False, "resources": 0, "reason": "no state of it is in"},
            id="its state is gone",
        ),
        pytest.param(
            InvalidInput("stack", "it is not made yet", "x"),
            {"readable": False, "resources": 0, "reason": "it is not made yet"},
            id="never made",
        ),
    ],
)
def test_evidence(export: object, found: dict[str, object], city: City, project: Project) -> None:
    behaviour = {"side_effect": export} if isinstance(export, Exception) else {"return_value": export}
    with patch("asty.gathering.export", **behaviour):
        evidence = gathering.evidence(city, project)
    assert [one.stack for one in evidence] == ["lab-recovery", "lab-workloads-recovery"], "of the recovery site alone"
    for one in evidence:
        assert (one.readable, one.resources) == (found["readable"], found["resources"])
        assert str(found.get("reason", "")) in one.reason and "stderr" not in one.reason


def test_a_passphrase_that_is_gone_is_no_evidence(city: City, project: Project) -> None:
    project.passphrase.unlink()
    with patch("asty.gathering.export", return_value=deployment(SALT)):
        evidence = gathering.evidence(city, project)
    assert {(one.readable, "passphrase cannot be read" in one.reason) for one in evidence} == {(False, True)}
