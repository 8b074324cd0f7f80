"""A drill opens a pilot light at the recovery site, and its failback closes it again."""

from dataclasses import replace

import pytest

from city.errors import Failed
from drs import steps
from drs.check import Answer
from drs.checks import ports
from drs.compared import Sites
from drs.mode import Mode
from drs.names import SHORT_TTL_S
from drs.observed import (
    SeenBalancer,
    SeenFloatingAddress,
    SeenListener,
    SeenMember,
    SeenRecord,
    SeenServer,
    Unseen,
)
from drs.opened import left_to_a_person, opened, to_open
from drs.scene import Scene
from drs.step import Step
from tests.drs.scenes import FakeGround, scene
from tests.drs.twins import TTL_S, twins

LIGHT, WARM, COLD = "open-data", "portal", "monitoring"


def step(name: str) -> Step:
    (found,) = [one for one in steps.every() if one.name == name]
    return found


def act(name: str, at: Scene) -> str:
    do = step(name).do
    assert do is not None
    return do(at)


def test_one_server_and_the_entrance_are_what_a_pilot_light_lacks() -> None:
    sites = twins()
    wanted, full = to_open(sites, LIGHT), sites.declared_here.full[LIGHT]
    assert wanted is not None and wanted.entrance == full.entrance
    assert [one.name for one in wanted.members] == [f"{LIGHT}-1"]
    assert to_open(sites, WARM) is None, "it runs there as it is declared"
    assert to_open(sites, COLD) is None, "nothing of it is there"
    assert opened(sites, WARM) is sites
    assert sites.declared_here.standing[LIGHT].entrance is None, "what is declared stays"


def test_a_drill_opens_it_once_two_agreed_and_looks_whether_it_stands() -> None:
    ground = FakeGround(twins())
    at = scene(ground.sites, LIGHT, Mode.FAILOVER, ground)
    assert step("service_runs").approvers == 2
    assert step("service_runs").verify(at).answer is Answer.UNMET
    assert "open-data-1" in act("service_runs", at)
    assert ground.capacity.done == [f"open {LIGHT}"]
    assert step("service_runs").verify(at).answer is Answer.UNMET, "that it was asked for proves nothing"


def standing(sites: Sites, trouble: str = "", ttl_s: int | None = TTL_S) -> Sites:
    """As a drill has opened it; `trouble` is of the member behind its balancer, `ttl_s` of its record (None: it has
    none)."""
    wanted = to_open(sites, LIGHT)
    assert wanted is not None and wanted.entrance is not None
    here, (member,) = sites.recovery, wanted.members
    flavour = sites.city.service(LIGHT).workload.flavour  # type: ignore[union-attr]
    server = SeenServer(name=member.name, service=LIGHT, ready=True, id="new", flavour=flavour)
    behind = {
        one.port: frozenset({SeenMember(address=member.address, port=one.port, trouble=trouble)})
        for one in wanted.entrance.listeners
    }
    balancer = SeenBalancer(
        name=LIGHT,
        service=LIGHT,
        ready=True,
        address=wanted.entrance.address,
        listeners=tuple(
            SeenListener(protocol=one.protocol, port=one.port, clients=one.clients, members=behind[one.port])
            for one in wanted.entrance.listeners
        ),
    )
    floating = [SeenFloatingAddress(address="192.0.2.9", leads_to=balancer.address)] if wanted.entrance.floating else []
    leads_to = (floating[0].address if floating else balancer.address,)
    record = SeenRecord(zone=sites.city.dns_zone, name=wanted.entrance.fqdn, kind="A", values=leads_to, ttl_s=ttl_s)
    seen = replace(
        here,
        servers=(*here.servers, server),  # type: ignore[misc]
        ports=tuple(replace(one, device_id="new") if one.name == member.name else one for one in here.ports),  # type: ignore[union-attr]
        volumes=tuple(replace(one, attached_to="new") if one.name == member.volume else one for one in here.volumes),  # type: ignore[union-attr]
        balancers=(*here.balancers, balancer),  # type: ignore[misc]
        floating=(*here.floating, *floating),  # type: ignore[misc]
        records=(*here.records, *([] if ttl_s is None else [record])),  # type: ignore[misc]
    )
    return replace(sites, recovery=seen)


def test_it_runs_once_its_server_its_port_and_its_balancer_are_seen() -> None:
    sites = standing(twins())
    proof = step("service_runs").verify(scene(sites, LIGHT))
    stands = "its servers and its balancer stand at recovery, and its name leads there"
    assert (proof.answer, proof.reason) == (Answer.MET, stands)
    silent = replace(sites, recovery=replace(sites.recovery, servers=twins().recovery.servers))
    assert step("service_runs").verify(scene(silent, LIGHT)).answer is not Answer.MET


def test_it_does_not_run_while_its_name_is_missing_as_where_a_drill_was_killed_before_it_made_that() -> None:
    nameless = step("service_runs").verify(scene(standing(twins(), ttl_s=None), LIGHT))
    assert nameless.answer is Answer.UNMET and "does not know it" in nameless.reason
    shortened = step("service_runs").verify(scene(standing(twins(), ttl_s=SHORT_TTL_S), LIGHT))
    assert shortened.answer is Answer.MET, "it is shortened meanwhile"
    blind = standing(twins())
    unheard = replace(blind, recovery=replace(blind.recovery, records=Unseen(reason="DNS could not be asked")))
    assert step("service_runs").verify(scene(unheard, LIGHT)).answer is Answer.UNKNOWN


@pytest.mark.parametrize("service", [WARM, COLD])
def test_of_any_other_service_a_person_is_told_what_to_do(service: str) -> None:
    ground = FakeGround(twins())
    told = act("service_runs", scene(ground.sites, service, Mode.FAILOVER, ground))
    assert told.startswith("for a person to do: ") and not ground.capacity.done


def test_a_failback_closes_what_was_opened_and_nothing_at_the_data_centre() -> None:
    ground = FakeGround(twins())
    home = scene(ground.sites, LIGHT, Mode.FAILBACK, ground)
    assert step("close_pilot_light").verify(home).answer is Answer.MET
    ground.capacity.left = ("server open-data-1",)
    proof = step("close_pilot_light").verify(home)
    assert (proof.answer, proof.reason) == (Answer.UNMET, "a drill opened server open-data-1")
    act("close_pilot_light", home)
    assert ground.capacity.done == [f"close {LIGHT}"]
    assert step("close_pilot_light").verify(home).answer is Answer.MET
    told = act("service_runs", home)
    assert told.startswith("for a person to do: "), "what runs at the data centre is Pulumi's"


def test_closed_is_what_drills_open() -> None:
    city = twins().city
    closed = {one.id for one in city.services if step("close_pilot_light").concerns(one)}
    assert closed == {one.id for one in city.services if one.recovery in {"pilot-light", "cold"}}


def test_what_a_drill_opened_can_be_taken_back_until_something_stands_on_it() -> None:
    ground = FakeGround(twins())
    undo = step("service_runs").undo
    assert undo is not None
    undo(scene(ground.sites, LIGHT, Mode.FAILOVER, ground))
    assert ground.capacity.done == [f"close {LIGHT}"]
    with pytest.raises(Failed, match="a person's"):
        undo(scene(ground.sites, WARM, Mode.FAILOVER, ground))


@pytest.mark.parametrize(("plugged", "answer"), [("", Answer.MET), ("new", Answer.MET), ("other", Answer.UNMET)])
def test_a_server_that_a_drill_opens_may_not_have_come_to_its_port_yet(plugged: str, answer: Answer) -> None:
    sites = twins()
    here, name = sites.recovery, f"{LIGHT}-1"
    server = SeenServer(name=name, service=LIGHT, ready=False, id="new", flavour="small")
    seen = replace(
        here,
        servers=(*here.servers, server),  # type: ignore[misc]
        ports=tuple(replace(one, device_id=plugged) if one.name == name else one for one in here.ports),  # type: ignore[union-attr]
    )
    findings = ports.CHECK.findings(replace(sites, recovery=seen))
    (found,) = [one for one in findings if one.subject == f"port {name}"]
    assert found.answer is answer


def test_left_to_a_person_is_what_is_cold_and_has_no_database_at_the_other_site() -> None:
    city = twins().city
    assert left_to_a_person(city) == (COLD,)
    kept = tuple(replace(one, database="watched") if one.id == COLD else one for one in city.services)
    assert left_to_a_person(replace(city, services=kept)) == ()


def test_nobody_on_the_street_is_asked_to_write_where_operators_alone_may() -> None:
    sites = twins()
    kept = tuple(replace(one, database="watched") if one.id in {COLD, WARM} else one for one in sites.city.services)
    ground = FakeGround(replace(sites, city=replace(sites.city, services=kept)))
    answered = {
        one: step("service_answers").verify(scene(ground.sites, one, Mode.SWITCHOVER, ground)) for one in (COLD, WARM)
    }
    assert answered[COLD].reason == f"{COLD} answered" and "takes no write" in answered[WARM].reason


def test_whoever_has_no_probe_and_takes_no_writes_is_asked_nothing() -> None:
    silent = (replace(one, probe=None, database="") for one in twins().city.services)
    assert not any(step("service_answers").concerns(one) for one in silent)


@pytest.mark.parametrize(("service", "mode"), [(LIGHT, Mode.FAILOVER), (WARM, Mode.FAILOVER), (WARM, Mode.FAILBACK)])
def test_whoever_opens_looks_at_no_site_for_what_is_declared(service: str, mode: Mode) -> None:
    """A look asks both sites everything, and all who want one wait for it."""
    ground = FakeGround(twins())

    def look() -> Sites:
        raise AssertionError("nobody asked for what the sites are like now")

    act("service_runs", replace(scene(ground.sites, service, mode, ground), look=look, recall=lambda: ground.sites))
