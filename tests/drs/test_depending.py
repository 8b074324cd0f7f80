"""What the recovery site can do alone for a service that depends on others."""

import pytest

from city.errors import ExitCode
from drs.check import Answer, Weight
from drs.compared import Sites
from drs.readiness import Alone, Preparedness
from tests.drs.twins import AWAY, RECOVERY, assessed, depending, spoilt, twins, without


@pytest.mark.parametrize(
    ("sites", "service", "can", "waits_for"),
    [
        pytest.param(
            twins(recovery=without("servers", "identity-")), "portal", Alone.CANNOT, ("identity",), id="not to be had"
        ),
        pytest.param(
            depending(twins(recovery=spoilt(RECOVERY, servers=AWAY)), monitoring=("identity",)),
            "monitoring",
            Alone.UNKNOWN,
            ("identity",),
            id="not seen",
        ),
        pytest.param(
            depending(twins(), portal=("identity", "job-platform")),
            "portal",
            Alone.UNKNOWN,
            ("job-platform",),
            id="not in the cloud",
        ),
        pytest.param(
            depending(twins(), identity=("job-platform",)),
            "portal",
            Alone.UNKNOWN,
            ("job-platform",),
            id="of its dependency's not in the cloud",
        ),
        pytest.param(
            depending(twins(recovery=without("servers", "identity-")), portal=("job-platform", "identity")),
            "portal",
            Alone.CANNOT,
            ("job-platform", "identity"),
            id="the worst of two",
        ),
        pytest.param(
            depending(twins(), portal=("open-data",)), "portal", Alone.STARTS, ("open-data",), id="only its data there"
        ),
        pytest.param(
            depending(twins(), portal=("open-data", "monitoring")),
            "portal",
            Alone.BUILDS,
            ("open-data", "monitoring"),
            id="only its code there",
        ),
        pytest.param(
            depending(twins(), monitoring=("open-data",)), "monitoring", Alone.BUILDS, (), id="better than itself"
        ),
    ],
)
def test_a_service_can_do_no_more_than_what_it_depends_on(
    sites: Sites, service: str, can: Alone, waits_for: tuple[str, ...]
) -> None:
    found = next(one for one in assessed(sites).services if one.service == service)
    assert (found.alone, found.waits_for) == (can, waits_for)


def test_what_a_service_waits_for_is_no_gap_of_its_own() -> None:
    readiness = assessed(twins(recovery=without("servers", "identity-")))
    portal = next(service for service in readiness.services if service.service == "portal")
    assert portal.verdict is Preparedness.READY, "nothing of its own is missing"


def test_a_site_is_not_ready_on_the_word_of_somebody_whom_nobody_here_can_see() -> None:
    readiness = assessed(depending(twins(), portal=("identity", "job-platform")))
    assert readiness.verdict is Preparedness.UNKNOWN and readiness.exit_code is ExitCode.UNKNOWN
    (gap,) = [gap for gap in readiness.gaps if gap.answer is Answer.UNKNOWN]
    assert gap.subject == "portal depends on job-platform" and gap.weight is Weight.BLOCKING
