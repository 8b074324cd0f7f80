from dataclasses import replace
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import ExitCode
from drs.checks import Answer, Sites, StackEvidence, Weight
from drs.observed import (
    SeenFlavour,
    SeenGroup,
    SeenImage,
    SeenQuota,
    SeenRule,
    SeenServer,
    SeenSite,
    SeenSubnet,
    SeenVolume,
    known,
    unseen,
)
from drs.readiness import Alone, Verdict
from tests.drs.twins import (
    DATACENTRE,
    DIGEST,
    RECOVERY,
    STACKS,
    alone,
    assessed,
    city,
    gap_of,
    spoilt,
    standing,
    twins,
    whole,
    without,
)


def test_two_whole_sites_are_ready() -> None:
    readiness = assessed(twins())
    assert readiness.verdict is Verdict.READY and readiness.exit_code is ExitCode.DONE
    assert readiness.gaps == ()


def test_what_each_mode_can_do_alone() -> None:
    can = alone(assessed(twins()))
    assert can["identity"] is Alone.SERVES, "active"
    assert can["portal"] is Alone.SERVES, "warm"
    assert can["open-data"] is Alone.STARTS, "pilot light"
    assert can["monitoring"] is Alone.BUILDS, "cold"
    assert can["job-platform"] is Alone.NOT_APPLICABLE, "not in the cloud"


BLOCKING = [
    pytest.param(
        {"recovery": without("flavours", "small")}, "flavour small", "not at recovery", id="a flavour missing"
    ),
    pytest.param(
        {"recovery": spoilt(RECOVERY, flavours=(SeenFlavour(name="small", vcpus=1, ram_mb=256, disk_gb=1),))},
        "flavour small",
        "1 vCPU, 256 MB, 1 GB, not 1 vCPU, 512 MB, 1 GB",
        id="a flavour too small",
    ),
    pytest.param({"recovery": spoilt(RECOVERY, images=())}, "image base", "not at recovery", id="an image missing"),
    pytest.param(
        {
            "recovery": spoilt(
                RECOVERY, images=(SeenImage(name="base", active=False, algorithm="sha512", digest=DIGEST),)
            )
        },
        "image base",
        "not all there",
        id="an image still uploading",
    ),
    pytest.param(
        {
            "recovery": spoilt(
                RECOVERY,
                images=(SeenImage(name="base", active=True, algorithm="sha512", digest=DIGEST, sha256="0" * 64),),
            )
        },
        "image base",
        "not those declared",
        id="an image of other bytes than declared",
    ),
    pytest.param(
        {"recovery": spoilt(RECOVERY, images=(SeenImage(name="base", active=True, algorithm="sha512", digest="00"),))},
        "bytes of image base",
        "not those at datacentre",
        id="an image of other bytes than at the data centre",
    ),
    pytest.param(
        {"recovery": spoilt(RECOVERY, keys=())}, "the operators' key", "no key pair", id="no key to log in with"
    ),
    pytest.param(
        {"recovery": without("subnets", "10.2.1.0")},
        "network application",
        "no subnet at recovery is 10.2.1.0/24",
        id="a network missing that services stand in",
    ),
    pytest.param(
        {"recovery": spoilt(RECOVERY, quotas=(SeenQuota(resource="servers", limit=10, used=9),))},
        "quota of servers",
        "are needed at recovery to bring all services there, 1 are free",
        id="a quota too small for the rest",
    ),
    pytest.param(
        {"recovery": without("servers", "identity-1")},
        "servers of identity",
        "1 of 2 stand ready at recovery (active recovery)",
        id="a server of an active service missing",
    ),
    pytest.param(
        {"recovery": without("volumes", "open-data")},
        "data volumes of open-data",
        "0 of 1",
        id="the data of a pilot light missing",
    ),
    pytest.param(
        {"recovery": without("balancers", "portal")}, "load balancers of portal", "0 of 1", id="a load balancer missing"
    ),
    pytest.param(
        {"recovery": without("records", "www.")}, "name www.example.test.", "does not know it", id="a name missing"
    ),
]


@pytest.mark.parametrize(("sites", "subject", "problem"), BLOCKING)
def test_a_blocking_gap(sites: dict[str, SeenSite], subject: str, problem: str) -> None:
    readiness = assessed(twins(**sites))
    answer, weight, told = gap_of(readiness, subject)
    assert (answer, weight) == (Answer.UNMET, Weight.BLOCKING)
    assert problem in told
    assert readiness.verdict is Verdict.NOT_READY and readiness.exit_code is ExitCode.FAILED


@pytest.mark.parametrize(
    ("server", "volume"),
    [
        pytest.param(SeenServer(name="x", service="portal", ready=False), None, id="a server that is not active"),
        pytest.param(SeenServer(name="x", service="", ready=True), None, id="a server of nobody"),
        pytest.param(None, SeenVolume(name="x", service="portal", size_gb=0, ready=True), id="a volume too small"),
        pytest.param(None, SeenVolume(name="x", service="portal", size_gb=9, ready=False), id="a volume in error"),
    ],
)
def test_what_is_there_but_not_ready_does_not_count(server: SeenServer | None, volume: SeenVolume | None) -> None:
    parts: dict[str, object] = {}
    if server:
        parts["servers"] = (*known(without("servers", "portal").servers), server)
    if volume:
        parts["volumes"] = (*known(without("volumes", "portal").volumes), volume)
    readiness = assessed(twins(recovery=spoilt(RECOVERY, **parts)))
    assert alone(readiness)["portal"] is Alone.CANNOT


@pytest.mark.parametrize(
    ("stack", "problem"),
    [
        pytest.param(
            StackEvidence(stack="lab-recovery", readable=False, resources=0, reason="incorrect passphrase"),
            "incorrect passphrase",
            id="its passphrase does not open it",
        ),
        pytest.param(
            StackEvidence(stack="lab-recovery", readable=True, resources=0),
            "its state records no resources",
            id="it is empty",
        ),
    ],
)
def test_a_stack_that_cannot_be_used_blocks_all(stack: StackEvidence, problem: str) -> None:
    readiness = assessed(twins(), (stack, STACKS[1]))
    assert gap_of(readiness, "stack lab-recovery") == (Answer.UNMET, Weight.BLOCKING, problem)
    assert set(alone(readiness).values()) == {Alone.CANNOT, Alone.NOT_APPLICABLE}


WARNINGS = [
    pytest.param(
        {"datacentre": spoilt(DATACENTRE, flavours=(SeenFlavour(name="huge", vcpus=64, ram_mb=1, disk_gb=1),))},
        "flavour huge",
        "the city does not declare it",
        id="something undeclared at the data centre",
    ),
    pytest.param(
        {"recovery": without("subnets", "10.2.0.0")},
        "network public",
        "no subnet",
        id="a network missing that no service stands in",
    ),
    pytest.param(
        {"recovery": without("groups", "recovery-management")},
        "security group datacentre-management",
        "recovery has none like it",
        id="a security group missing",
    ),
    pytest.param(
        {"recovery": spoilt(RECOVERY, groups=(SeenGroup(name="portal", rules=frozenset()),))},
        "security group portal",
        "it lacks ingress tcp 443 part of network application",
        id="a rule missing",
    ),
]


@pytest.mark.parametrize(("sites", "subject", "problem"), WARNINGS)
def test_a_warning_leaves_it_ready(sites: dict[str, SeenSite], subject: str, problem: str) -> None:
    readiness = assessed(twins(**sites))
    answer, weight, told = gap_of(readiness, subject)
    assert (answer, weight) == (Answer.UNMET, Weight.WARNING)
    assert problem in told
    assert readiness.verdict is Verdict.READY


def test_more_traffic_than_at_the_data_centre_blocks() -> None:
    """What was opened by hand at the recovery site, nobody agreed to."""
    opened = SeenRule(direction="ingress", protocol="tcp", ports="22", remote="0.0.0.0/0")
    groups = tuple(
        SeenGroup(name=group.name, rules=group.rules | {opened}) if group.name == "portal" else group
        for group in known(whole(RECOVERY).groups)
    )
    readiness = assessed(twins(recovery=spoilt(RECOVERY, groups=groups)))
    told = "it adds ingress tcp 22 0.0.0.0/0"
    assert gap_of(readiness, "security group portal") == (Answer.UNMET, Weight.BLOCKING, told)


def test_the_same_rule_in_each_sites_own_addresses_is_the_same_rule() -> None:
    """The twins' portals stand in different blocks of different networks, and monitoring is cold: no group here."""
    assert not [gap for gap in assessed(twins()).gaps if gap.area == "security groups"]


def test_without_the_data_centre_the_recovery_site_is_judged_alone() -> None:
    readiness = assessed(twins(datacentre=unseen("datacentre", "connection refused")))
    assert alone(readiness) == alone(assessed(twins())), "what it can do alone does not depend on who is gone"
    assert readiness.verdict is Verdict.UNKNOWN and readiness.exit_code is ExitCode.UNKNOWN
    assert {gap.answer for gap in readiness.gaps} == {Answer.UNKNOWN}
    assert {gap.weight for gap in readiness.gaps} == {Weight.WARNING}
    assert not any(gap.alone for gap in readiness.gaps)


def test_without_the_data_centre_a_blocking_gap_still_blocks() -> None:
    readiness = assessed(twins(datacentre=unseen("datacentre", "gone"), recovery=spoilt(RECOVERY, keys=())))
    assert readiness.verdict is Verdict.NOT_READY


def test_an_unreachable_recovery_site_is_unknown_never_empty() -> None:
    readiness = assessed(twins(recovery=unseen("recovery", "connection refused")))
    assert readiness.verdict is Verdict.UNKNOWN
    assert {gap.answer for gap in readiness.gaps} == {Answer.UNKNOWN}
    assert set(alone(readiness).values()) == {Alone.UNKNOWN, Alone.NOT_APPLICABLE}


def test_a_service_outside_the_cloud_is_not_applicable() -> None:
    found = next(s for s in assessed(twins()).services if s.service == "job-platform")
    assert (found.verdict, found.met, found.of) == (Verdict.NOT_APPLICABLE, 0, 0)


def test_a_city_without_workloads_is_not_applicable() -> None:
    bare = replace(city(), services=tuple(replace(service, workload=None) for service in city().services))
    sites = Sites(city=bare, standing={}, datacentre=whole(DATACENTRE), recovery=whole(RECOVERY))
    readiness = assessed(sites)
    assert readiness.verdict is Verdict.NOT_APPLICABLE and readiness.exit_code is ExitCode.DONE
    assert readiness.checks == () and len(readiness.services) == len(city().services)


def test_blocking_gaps_come_first() -> None:
    site = spoilt(RECOVERY, keys=(), subnets=(SeenSubnet(network="x", cidr=IPv4Network("10.2.1.0/24")),))
    weights = [gap.weight for gap in assessed(twins(recovery=site)).gaps]
    assert weights == sorted(weights, key=lambda weight: weight is not Weight.BLOCKING)


@given(st.sampled_from(sorted(standing())), st.integers(0, 3))
def test_fewer_servers_never_help(service: str, kept: int) -> None:
    servers = [server for server in known(whole(RECOVERY).servers) if server.service != service]
    own = [server for server in known(whole(RECOVERY).servers) if server.service == service]
    readiness = assessed(twins(recovery=spoilt(RECOVERY, servers=(*servers, *own[:kept]))))
    assert (readiness.verdict is Verdict.READY) == (kept >= len(own))
