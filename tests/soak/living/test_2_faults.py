"""Every fault that the lab can make, once, on a living city: made, seen from outside, cleared, and all is up again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from openstack.exceptions import SDKException

from asty import databases
from drs.databases import SeenDatabase
from lab.faults import FaultKind, names
from tests.soak.living.city import LivingCity, until
from tests.soak.living.drilling import marks

pytestmark = pytest.mark.slow
DATACENTRE, RECOVERY = "datacentre", "recovery"
DATABASE = "portal-db:datacentre"


@dataclass(frozen=True)
class Trial:
    """What an operator breaks where, and how the portal then stands, with this in its cause."""

    kind: str
    targets: Sequence[str]
    states: Sequence[str] = ("down",)
    because: str = ""
    options: Sequence[str] = field(default=())


SEEN_BY_PROBES = (
    Trial("power-off", ["portal-1:datacentre"], ("degraded",), "portal-1 SHUTOFF"),
    Trial("freeze", ["portal-1:datacentre"], ("degraded", "down")),
    Trial("process-killed", [DATABASE], options=["--unit", "postgresql@15-main.service"]),
    Trial("slow-disk", [DATABASE], ("degraded", "down"), options=["--latency-s", "1"]),
    Trial("certificate-expired", [DATACENTRE], ("down",), "its certificate has expired"),
    Trial("power-off", [DATACENTRE]),
    Trial("region-off", [DATACENTRE]),
)


def standing(living: LivingCity) -> set[tuple[str, str]]:
    """The target and the kind of each fault that stands."""
    told = living.operator.asks("lab", "status", code=None)["faults"]
    return {(fault["target"], fault["kind"]) for fault in told}


def fault(living: LivingCity, kind: str, *words: str) -> None:
    living.operator.asty("lab", "fault", kind, *words)


@pytest.fixture(autouse=True)
def _well(living: LivingCity) -> Iterator[None]:
    """Each fault befalls a city in which all is up, and leaves one."""
    living.all_up()
    yield
    for target in {target for target, _ in standing(living)}:
        living.operator.asty("lab", "fault", "clear", target, code=None)


@pytest.mark.parametrize("trial", SEEN_BY_PROBES, ids=lambda trial: f"{trial.kind} {trial.targets[0]}")
def test_it_is_made_seen_and_cleared_and_all_is_up_again(living: LivingCity, trial: Trial) -> None:
    fault(living, trial.kind, *trial.targets, *trial.options)
    assert {kind for _, kind in standing(living)} == {trial.kind}
    living.becomes("portal", *trial.states, because=trial.because)
    fault(living, "clear", *trial.targets)
    assert standing(living) == set()
    living.all_up()


def takes_memory(living: LivingCity) -> dict[str, bool]:
    """Of each host of the portal, whether a program there gets 40 MB."""
    takes = ("python3", "-c", "bytes(1) * 40_000_000")
    told = living.operator.asks("run", "portal", "--", *takes, code=None)["outcomes"]
    return {one["subject"]: one["status"] == "changed" for one in told}


def test_a_host_without_memory_ends_who_asks_for_more_and_is_well_again(living: LivingCity) -> None:
    """Probes need not see it: what runs already holds what it needs."""
    fault(living, "memory-exhausted", "portal-1:datacentre")
    short = takes_memory(living)
    assert [host for host, takes in short.items() if not takes] == ["portal-1 (datacentre)"]
    fault(living, "clear", "portal-1:datacentre")
    assert all(takes_memory(living).values())
    living.all_up()


@pytest.mark.parametrize("kind", ["service-down", "api-503"])
def test_a_cloud_without_nova_keeps_its_services_up_and_answers_no_operator(living: LivingCity, kind: str) -> None:
    fault(living, kind, DATACENTRE, "--service", "nova")
    with pytest.raises(SDKException):
        list(living.cloud.compute.servers())
    assert [look.failure for look in living.looks("portal", lambda: False)] == [None]
    fault(living, "clear", DATACENTRE)
    assert list(living.cloud.compute.servers())


def test_one_resolver_that_refuses_costs_nobody_a_name_and_both_cost_everybody_theirs(living: LivingCity) -> None:
    fault(living, "dns-refuses", DATACENTRE)
    assert [look.failure for look in living.looks("portal", lambda: False)] == [None], "the other one is asked"
    fault(living, "dns-refuses", RECOVERY)
    living.becomes("portal", "down", because="nobody resolves its name")
    fault(living, "clear", DATACENTRE)
    fault(living, "clear", RECOVERY)
    living.all_up()


def readiness(living: LivingCity) -> str:
    """All that stands against the portal, by readiness."""
    gaps = living.operator.asks("drill", "readiness", code=None)["gaps"]
    return "; ".join(f"{gap['subject']}: {gap['problem']}" for gap in gaps if "portal" in gap["services"])


def streams(living: LivingCity) -> bool:
    """Whether the portal's standby follows, by its own word."""
    asked = databases.of_lab(living.ours, living.city)()
    [standby] = [one.answer for one in asked if (one.site, one.service) == (RECOVERY, "portal")]
    return isinstance(standby, SeenDatabase) and bool(standby.streams)


@pytest.mark.parametrize(
    ("kind", "way", "options", "cut"),
    [
        ("off", "link", (), True),
        ("off", "link:recovery", (), True),
        ("off", "link:datacentre", (), True),
        ("slow", "link", ("--latency-s", "0.3"), False),
        ("losing", "link", ("--loss", "0.2"), False),
    ],
)
def test_a_link_that_is_cut_both_ways_or_one_way_slow_or_losing_leaves_the_services_up(
    living: LivingCity, kind: str, way: str, options: tuple[str, ...], *, cut: bool
) -> None:
    until(lambda: streams(living))
    fault(living, kind, way, *options)
    ways = {"link:datacentre", "link:recovery"} if way == "link" else {way}
    assert standing(living) == {(one, "link") for one in ways}
    until(lambda: streams(living) is not cut)
    assert living.looks("portal", lambda: False)[0].failure is None
    fault(living, "clear", way)
    until(lambda: streams(living))
    living.all_up()


_LOG = "select count(pg_logical_emit_message(false, 'full', repeat('x', 1000000))) from generate_series(1, 200) i"
"""More than the log's own files have room for."""


def test_a_database_whose_disk_is_full_goes_down_with_its_log_and_comes_back_with_every_mark(
    living: LivingCity,
) -> None:
    until(lambda: streams(living))
    before = marks(living, DATACENTRE)
    fault(living, "full-disk", DATABASE)
    marks(living, DATACENTRE, _LOG)
    living.becomes("portal", "down")
    assert "the database does not answer" in readiness(living)
    fault(living, "clear", DATABASE)
    living.all_up()
    until(lambda: streams(living))
    assert before and before <= marks(living, DATACENTRE)


_GREEDY = "select sum(length(repeat(md5(i::text), 2000000))) from generate_series(1, 100) i"
"""More memory than the host has left, for one answer."""


def test_a_database_without_memory_ends_who_asks_for_more_and_keeps_every_mark(living: LivingCity) -> None:
    """What befalls a query befalls each of its neighbours: PostgreSQL starts all of them anew, and is there again."""
    until(lambda: streams(living))
    before = marks(living, DATACENTRE)
    fault(living, "memory-exhausted", DATABASE)
    marks(living, DATACENTRE, _GREEDY)
    living.all_up()
    fault(living, "clear", DATABASE)
    living.all_up()
    until(lambda: streams(living))
    assert before and before <= marks(living, DATACENTRE)


def test_no_fault_of_servers_sites_and_the_link_is_without_its_trial() -> None:
    of_devices = {FaultKind.WRONG_CREDENTIALS, FaultKind.REJECTING, FaultKind.REBOOTING}
    others = {"full-disk", "memory-exhausted", "service-down", "api-503", "dns-refuses", "off", "slow", "losing"}
    assert {trial.kind for trial in SEEN_BY_PROBES} | others == set(names()) - of_devices
