"""Two sites compared: what is found, how heavy it weighs, and what the recovery site can do alone."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import ExitCode
from drs.check import Answer, Weight
from drs.compared import StackEvidence, provided
from drs.observed import (
    SeenFlavour,
    SeenGroup,
    SeenQuota,
    SeenRule,
    SeenServer,
    SeenSite,
    SeenSubnet,
    SeenVolume,
    known,
    unseen,
)
from drs.readiness import Alone, Preparedness
from tests.drs.twins import (
    DATACENTRE,
    NOW,
    RECOVERY,
    STACKS,
    alone,
    assessed,
    city,
    declared,
    gap_of,
    spoilt,
    twins,
    whole,
    without,
)


def test_two_whole_sites_are_ready() -> None:
    readiness = assessed(twins())
    assert readiness.verdict is Preparedness.READY and readiness.exit_code is ExitCode.DONE
    assert readiness.gaps == ()


def test_what_each_mode_can_do_alone() -> None:
    can = alone(assessed(twins()))
    assert can["identity"] is Alone.SERVES, "active"
    assert can["portal"] is Alone.SERVES, "warm"
    assert can["open-data"] is Alone.STARTS, "pilot light"
    assert can["monitoring"] is Alone.BUILDS, "cold"
    assert can["job-platform"] is Alone.NOT_APPLICABLE, "not in the cloud"


def changed(part: str, name: str = "", site: SeenSite | None = None, **values: object) -> dict[str, SeenSite]:
    """The recovery site with these values in what is called `name`, or in all of the part."""
    site = site or whole(RECOVERY)
    things = tuple(
        replace(one, **values) if not name or getattr(one, "name", name) == name else one
        for one in known(getattr(site, part))
    )
    return {"recovery": replace(site, **{part: things})}  # type: ignore[arg-type]  # any part


def listening(**values: object) -> dict[str, SeenSite]:
    """The recovery site with these values in the listener of portal's balancer."""
    (listener,) = next(one for one in known(whole(RECOVERY).balancers) if one.name == "portal").listeners
    return changed("balancers", "portal", listeners=(replace(listener, **values),))  # type: ignore[arg-type]  # as above


DECLARED_IMAGE = city().platform.images[0]
PORTAL = next(one for one in known(whole(RECOVERY).balancers) if one.name == "portal")
STRANGER = next(iter(PORTAL.listeners[0].members))
BLOCKING = [
    pytest.param(
        {"recovery": without("flavours", "small")}, "flavour small", "not at recovery", id="a flavour missing"
    ),
    pytest.param(
        changed("flavours", "small", ram_mb=256),
        "flavour small",
        "1 vCPU, 256 MB, 1 GB, not 1 vCPU, 512 MB, 1 GB",
        id="a flavour too small",
    ),
    pytest.param(
        changed("flavours", "small", extra_specs=(("hw:cpu_policy", "dedicated"),)),
        "flavour small",
        "it asks hw:cpu_policy=dedicated of the host",
        id="a flavour that few hosts can take",
    ),
    pytest.param({"recovery": spoilt(RECOVERY, images=())}, "image base", "not at recovery", id="an image missing"),
    pytest.param(changed("images", active=False), "image base", "not all there", id="an image still uploading"),
    pytest.param(
        changed("images", sha256="0" * 64),
        "image base",
        "not those declared",
        id="an image of other bytes than declared",
    ),
    pytest.param(
        {"recovery": spoilt(RECOVERY, images=known(whole(RECOVERY).images) * 2)},
        "image base",
        "2 of that name",
        id="two images of one name",
    ),
    pytest.param(
        changed("images", digest="00"),
        "bytes of image base",
        "not those at datacentre",
        id="an image of other bytes than at the data centre",
    ),
    pytest.param(
        {"recovery": spoilt(RECOVERY, keys=())}, "the operators' key", "not at recovery", id="no key to log in with"
    ),
    pytest.param(
        changed("keys", public_key="ssh-ed25519 AAAA"), "the operators' key", "holds another", id="somebody else's key"
    ),
    pytest.param(
        {"recovery": without("subnets", "10.2.1.0")},
        "network application",
        "no subnet of recovery-application at recovery is 10.2.1.0/24",
        id="a network missing that services stand in",
    ),
    pytest.param(changed("routers", trouble="off"), "router recovery", "it is off", id="a router that is off"),
    pytest.param(
        changed("routers", uplink=False),
        "router recovery",
        "no gateway to the outside",
        id="a router that leads nowhere",
    ),
    pytest.param({"recovery": spoilt(RECOVERY, zones=())}, "zone example.test.", "not at recovery", id="no zone"),
    pytest.param(
        changed("groups", "portal", rules=frozenset()),
        "security group portal",
        "it lacks ingress tcp 443",
        id="a rule missing",
    ),
    pytest.param(
        {"recovery": without("groups", "recovery-management")},
        "security group recovery-management",
        "not at recovery",
        id="a security group missing",
    ),
    pytest.param(
        changed("ports", "identity-1", guarded=False),
        "port identity-1",
        "port security is off",
        id="a port that lets everything pass",
    ),
    pytest.param(
        changed("ports", "identity-1", groups=frozenset({"identity", "recovery-management", "open"})),
        "port identity-1",
        "it has the security group open",
        id="a group that somebody put on a port",
    ),
    pytest.param(
        {"recovery": spoilt(RECOVERY, quotas=(SeenQuota(resource="servers", limit=10, used=9),))},
        "quota of servers",
        "are needed at recovery to bring all services there, 1 are free",
        id="a quota too small for the rest",
    ),
    *(
        pytest.param(
            {"recovery": spoilt(RECOVERY, quotas=(SeenQuota(resource=resource, limit=3, used=3),))},
            f"quota of {resource}",
            "0 are free",
            id=f"no {resource} left",
        )
        for resource in (
            "floating_ips",
            "ports",
            "load_balancers",
            "security_groups",
            "security_group_rules",
            "server_groups",
        )
    ),
    pytest.param(
        {"recovery": without("volumes", "open-data")},
        "data volumes of open-data",
        "0 of 1",
        id="a pilot light's data gone",
    ),
    pytest.param(
        changed("volumes", "open-data-1-data", data_as_of=NOW - timedelta(hours=25)),
        "data on open-data-1-data",
        "1 day, 1:00:00 old, 1 day, 0:00:00 were promised (RPO)",
        id="data older than promised",
    ),
    pytest.param(
        changed("volumes", "open-data-1-data", copy_of="datacentre/portal-1-data"),
        "data on open-data-1-data",
        "a copy of datacentre/portal-1-data",
        id="another service's data",
    ),
    pytest.param(
        {"recovery": without("balancers", "portal")}, "load balancers of portal", "0 of 1", id="a load balancer missing"
    ),
    pytest.param(
        listening(trouble="off"), "load balancers of portal", "listener on TCP 443 is off", id="a listener that is off"
    ),
    pytest.param(
        listening(members=frozenset()), "load balancers of portal", "no member of its pool", id="an empty pool"
    ),
    pytest.param(
        {"recovery": spoilt(RECOVERY, floating=())},
        "load balancers of portal",
        "no floating address leads to it",
        id="no way in from outside",
    ),
    pytest.param(
        {"recovery": without("records", "www.")}, "name www.example.test.", "does not know it", id="a name missing"
    ),
    pytest.param(
        changed("records", "www.example.test.", values=("192.0.2.9",)),
        "name www.example.test.",
        "it leads to 192.0.2.9, not to 10.2.0.105",
        id="a name that leads elsewhere",
    ),
    pytest.param(
        changed("records", "www.example.test.", kind="TXT"),
        "name www.example.test.",
        "no record of type A",
        id="a name that leads nowhere",
    ),
    pytest.param(
        changed("records", "www.example.test.", zone="elsewhere.test."),
        "name www.example.test.",
        "no record of type A is in example.test.",
        id="a name in another zone",
    ),
]
"""Sites, what is said of which subject: unmet, and blocking."""


@pytest.mark.parametrize(("sites", "subject", "problem"), BLOCKING)
def test_a_blocking_gap(sites: dict[str, SeenSite], subject: str, problem: str) -> None:
    readiness = assessed(twins(**sites))
    answer, weight, told = gap_of(readiness, subject)
    assert (answer, weight) == (Answer.UNMET, Weight.BLOCKING)
    assert problem in told
    assert readiness.verdict is Preparedness.NOT_READY and readiness.exit_code is ExitCode.FAILED


PARTLY = [
    pytest.param(
        {"recovery": without("servers", "identity-1")},
        "servers of identity",
        "1 of 2 stand ready at recovery (active recovery): identity-1: it is not at recovery",
        id="one of two servers missing",
    ),
    pytest.param(
        changed("servers", "identity-2", ready=False, trouble="SHUTOFF"),
        "servers of identity",
        "identity-2: it is in SHUTOFF",
        id="one of two servers stopped",
    ),
    pytest.param(
        {"recovery": without("ports", "identity-1")},
        "servers of identity",
        "identity-1: its port: it is not at recovery",
        id="one of two without its port",
    ),
    pytest.param(
        changed("volumes", "identity-1-data", attached_to=""),
        "servers of identity",
        "identity-1: its volume identity-1-data is not attached to it",
        id="one of two without its volume",
    ),
    pytest.param(
        listening(members=PORTAL.listeners[0].members | {replace(STRANGER, address="10.1.1.99")}),
        "load balancers of portal",
        "the foreign member 10.1.1.99:443",
        id="a stranger behind a balancer",
    ),
    pytest.param(
        listening(trouble="PENDING_UPDATE"),
        "load balancers of portal",
        "it is being changed",
        id="a listener that is being changed",
    ),
    pytest.param(
        changed("records", "www.example.test.", ttl_s=86400),
        "name www.example.test.",
        "resolvers keep it for 86400 s, not for 60 s",
        id="a name that resolvers keep for a day",
    ),
]


@pytest.mark.parametrize(("sites", "subject", "problem"), PARTLY)
def test_half_of_a_service_is_a_gap_and_still_serves(sites: dict[str, SeenSite], subject: str, problem: str) -> None:
    readiness = assessed(twins(datacentre=unseen("datacentre", "refused"), **sites))
    answer, weight, told = gap_of(readiness, subject)
    assert (answer, weight) == (Answer.PARTLY, Weight.BLOCKING)
    assert problem in told
    assert readiness.verdict is Preparedness.NOT_READY
    service = "identity" if "identity" in subject else "portal"
    assert alone(readiness)[service] is Alone.DEGRADED


def test_what_depends_on_half_a_service_serves_in_part() -> None:
    can = alone(assessed(twins(recovery=without("servers", "identity-1"))))
    assert can["portal"] is Alone.DEGRADED and can["open-data"] is Alone.STARTS


def test_two_members_that_lack_different_things_are_no_half_service() -> None:
    """One has no server, the other no port: neither serves."""
    site = replace(without("servers", "identity-1"), ports=without("ports", "identity-2").ports)
    readiness = assessed(twins(recovery=site))
    assert gap_of(readiness, "servers of identity")[0] is Answer.UNMET
    assert alone(readiness)["identity"] is Alone.CANNOT


@pytest.mark.parametrize(
    ("sites", "service"),
    [
        pytest.param(changed("volumes", copy_of="", data_as_of=None), "open-data", id="nobody noted a copy"),
        pytest.param(changed("volumes", data_as_of=None), "open-data", id="nobody noted of when"),
        pytest.param(changed("images", sha256=""), "monitoring", id="nobody verified the image's bytes"),
    ],
)
def test_what_was_not_proven_is_unknown(sites: dict[str, SeenSite], service: str) -> None:
    readiness = assessed(twins(**sites))
    assert readiness.verdict is Preparedness.UNKNOWN
    assert alone(readiness)[service] is Alone.UNKNOWN


def test_the_bytes_of_a_providers_image_are_the_providers_matter() -> None:
    """Whether each site's are the same is asked all the same."""
    sites = twins(**changed("images", sha256="", min_disk_gb=3))
    assert assessed(replace(sites, provided=frozenset({"base"}))).verdict is Preparedness.READY
    other = twins(**changed("images", sha256="", digest="ee"))
    assert assessed(replace(other, provided=frozenset({"base"}))).verdict is Preparedness.NOT_READY


@pytest.mark.parametrize(
    ("stacks", "expected"),
    [
        pytest.param([(30, frozenset({"base"})), (40, frozenset())], frozenset(), id="a stack brought it"),
        pytest.param([(30, frozenset()), (40, frozenset())], frozenset({"base"}), id="no stack brought it"),
        pytest.param([(0, frozenset())], frozenset(), id="nothing was brought yet"),
        pytest.param([(30, frozenset()), (None, frozenset())], frozenset(), id="one cannot be opened"),
    ],
)
def test_an_image_that_no_stack_brought_is_the_providers(
    stacks: list[tuple[int | None, frozenset[str]]], expected: frozenset[str]
) -> None:
    found = [
        StackEvidence(stack="s", readable=resources is not None, resources=resources or 0, images=images)
        for resources, images in stacks
    ]
    assert provided(twins().city, found) == expected


def test_a_service_that_runs_serves_though_nobody_noted_how_old_the_copy_of_its_data_is() -> None:
    readiness = assessed(twins(**changed("volumes", copy_of="", data_as_of=None)))
    assert gap_of(readiness, "data on identity-1-data")[:2] == (Answer.UNKNOWN, Weight.WARNING)
    assert alone(readiness)["identity"] is Alone.SERVES


@pytest.mark.parametrize(
    ("server", "volume"),
    [
        pytest.param(
            SeenServer(name="portal-1", service="portal", ready=False), None, id="a server that is not active"
        ),
        pytest.param(SeenServer(name="x", service="portal", ready=True), None, id="a server of another name"),
        pytest.param(
            None, SeenVolume(name="portal-1-data", service="portal", size_gb=0, ready=True), id="a volume too small"
        ),
        pytest.param(
            None, SeenVolume(name="portal-1-data", service="portal", size_gb=9, ready=False), id="a volume in error"
        ),
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


HUGE = SeenFlavour(name="huge", vcpus=64, ram_mb=1, disk_gb=1)
SSH = SeenRule(direction="ingress", protocol="tcp", ports="22", remote="0.0.0.0/0")


def opened(role: "str", name: str) -> SeenSite:
    """A site with SSH from everybody in a group of this name."""
    site = whole(DATACENTRE if role == "datacentre" else RECOVERY)
    groups = (replace(one, rules=one.rules | {SSH}) if one.name == name else one for one in known(site.groups))
    return replace(site, groups=tuple(groups))


WARNINGS = [
    pytest.param(
        {"datacentre": spoilt(DATACENTRE, flavours=(*known(whole(DATACENTRE).flavours), HUGE))},
        "flavour huge of datacentre",
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
        {"datacentre": opened("datacentre", "portal")},
        "security group portal of datacentre",
        "it adds ingress tcp 22 0.0.0.0/0, which the city does not declare",
        id="a rule that somebody added at the data centre",
    ),
    pytest.param(
        {
            "recovery": spoilt(
                RECOVERY, servers=(*known(whole(RECOVERY).servers), SeenServer(name="x", service="", ready=True))
            )
        },
        "undeclared servers at recovery",
        "x: the city does not declare this",
        id="a server of nobody",
    ),
    pytest.param(
        {
            "recovery": spoilt(
                RECOVERY, groups=(*known(whole(RECOVERY).groups), SeenGroup(name="open", rules=frozenset()))
            )
        },
        "undeclared security groups at recovery",
        "open",
        id="a group of nobody",
    ),
]


@pytest.mark.parametrize(("sites", "subject", "problem"), WARNINGS)
def test_a_warning_leaves_it_ready(sites: dict[str, SeenSite], subject: str, problem: str) -> None:
    readiness = assessed(twins(**sites))
    answer, weight, told = gap_of(readiness, subject)
    assert (answer, weight) == (Answer.UNMET, Weight.WARNING)
    assert problem in told
    assert readiness.verdict is Preparedness.READY


def test_more_traffic_than_declared_blocks_and_the_service_serves() -> None:
    """What was opened by hand at the recovery site, nobody agreed to; it keeps no client out."""
    readiness = assessed(twins(recovery=opened("recovery", "portal")))
    told = "it adds ingress tcp 22 0.0.0.0/0, which the city does not declare"
    assert gap_of(readiness, "security group portal") == (Answer.UNMET, Weight.BLOCKING, told)
    assert readiness.verdict is Preparedness.NOT_READY and alone(readiness)["portal"] is Alone.SERVES


def test_a_rule_that_is_at_both_sites_and_nowhere_declared_is_told_of_both() -> None:
    readiness = assessed(twins(datacentre=opened("datacentre", "portal"), recovery=opened("recovery", "portal")))
    assert {gap.subject for gap in readiness.gaps} == {"security group portal", "security group portal of datacentre"}


def test_a_rule_for_a_foreign_group_is_not_the_declared_one() -> None:
    rules = frozenset({replace(SSH, ports="443", remote="group:8f1d-of-somebody")})
    readiness = assessed(twins(**changed("groups", "portal", rules=rules)))
    assert "adds ingress tcp 443 group:8f1d-of-somebody" in gap_of(readiness, "security group portal")[2]


def test_everybody_is_the_same_in_both_ways_to_write_it() -> None:
    site = opened("recovery", "portal")
    groups = tuple(
        replace(one, rules=frozenset(replace(r, remote="") if r == SSH else r for r in one.rules))
        for one in known(site.groups)
    )
    told = [
        gap_of(assessed(twins(recovery=one)), "security group portal") for one in (site, replace(site, groups=groups))
    ]
    assert told[0] == told[1]


def test_without_the_data_centre_the_recovery_site_is_judged_alone() -> None:
    readiness = assessed(twins(datacentre=unseen("datacentre", "connection refused")))
    assert alone(readiness) == alone(assessed(twins())), "what it can do alone does not depend on who is gone"
    assert readiness.verdict is Preparedness.UNKNOWN and readiness.exit_code is ExitCode.UNKNOWN
    assert {gap.answer for gap in readiness.gaps} == {Answer.UNKNOWN}
    assert {gap.weight for gap in readiness.gaps} == {Weight.WARNING}
    assert not any(gap.alone for gap in readiness.gaps)


def test_without_the_data_centre_a_blocking_gap_still_blocks() -> None:
    readiness = assessed(twins(datacentre=unseen("datacentre", "gone"), recovery=spoilt(RECOVERY, keys=())))
    assert readiness.verdict is Preparedness.NOT_READY


def test_an_unreachable_recovery_site_is_unknown_never_empty() -> None:
    readiness = assessed(twins(recovery=unseen("recovery", "connection refused")))
    assert readiness.verdict is Preparedness.UNKNOWN
    assert {gap.answer for gap in readiness.gaps} == {Answer.UNKNOWN}
    assert set(alone(readiness).values()) == {Alone.UNKNOWN, Alone.NOT_APPLICABLE}


def test_a_service_outside_the_cloud_is_not_applicable() -> None:
    found = next(s for s in assessed(twins()).services if s.service == "job-platform")
    assert (found.verdict, found.met, found.of) == (Preparedness.NOT_APPLICABLE, 0, 0)


def test_a_city_without_workloads_is_not_applicable() -> None:
    bare = replace(city(), services=tuple(replace(service, workload=None) for service in city().services))
    readiness = assessed(replace(twins(), city=bare))
    assert readiness.verdict is Preparedness.NOT_APPLICABLE and readiness.exit_code is ExitCode.DONE
    assert readiness.findings == () and len(readiness.services) == len(city().services)


def test_blocking_gaps_come_first() -> None:
    site = spoilt(RECOVERY, keys=(), subnets=(SeenSubnet(network="x", cidr=IPv4Network("10.2.1.0/24")),))
    weights = [gap.weight for gap in assessed(twins(recovery=site)).gaps]
    assert weights == sorted(weights, key=lambda weight: weight is not Weight.BLOCKING)


@given(st.sampled_from(sorted(declared(RECOVERY).standing)), st.integers(0, 3))
def test_fewer_servers_never_help(service: str, kept: int) -> None:
    servers = [server for server in known(whole(RECOVERY).servers) if server.service != service]
    own = [server for server in known(whole(RECOVERY).servers) if server.service == service]
    readiness = assessed(twins(recovery=spoilt(RECOVERY, servers=(*servers, *own[:kept]))))
    assert (readiness.verdict is Preparedness.READY) == (kept >= len(own))
