"""Steps of a drill that act on clouds and names: what they do, what proves it, and what proves nothing."""

from dataclasses import replace
from threading import Barrier

import pytest

from city.errors import AstyError, Failed, NeedsPerson
from city.model.places import SiteRole
from drs import steps
from drs.check import Answer
from drs.compared import Sites
from drs.hands.cloud import Power, Record
from drs.mode import Mode
from drs.names import SHORT_TTL_S, doors
from drs.observed import known, unseen
from drs.scene import Scene
from drs.step import Proof, Step
from tests.drs.scenes import FakeCloud, FakeGround, scene
from tests.drs.twins import DATACENTRE, RECOVERY, TTL_S, spoilt, twins, whole


def step(name: str) -> Step:
    (found,) = [one for one in steps.every() if one.name == name]
    return found


def made(mode: Mode = Mode.FAILOVER) -> tuple[FakeGround, Scene]:
    """The portal has a database, and its name leads to the data centre, where residents' writes are taken."""
    sites = twins()
    portal = [replace(one, database="portal" if one.id == "portal" else "") for one in sites.city.services]
    sites = replace(sites, city=replace(sites.city, services=tuple(portal)))
    ground = FakeGround(sites)
    ground.outside.takes = {address(ground.sites, DATACENTRE)}
    return ground, scene(sites, "portal", mode, ground)


def address(sites: Sites, role: SiteRole) -> str:
    return doors(sites if role is RECOVERY else sites.turned)["portal"].address


def act(name: str, at: Scene) -> str:
    do = step(name).do
    assert do is not None
    return do(at)


def see(name: str, at: Scene) -> Proof:
    return step(name).verify(at)


def test_a_fence_takes_port_and_power_and_is_proven_by_the_cloud_and_by_who_cannot_reach_it() -> None:
    ground, at = made()
    ground.outside.takes.clear()
    act("fence", at)
    assert ground.clouds[DATACENTRE].done == ["shut portal"]
    proof = see("fence", at)
    assert (proof.answer, proof.witnesses) == (Answer.MET, ("the cloud", "vantage points"))


@pytest.mark.parametrize("power", [(True, False), (False, True), (False, False)])
def test_a_host_with_power_or_a_port_is_not_fenced_whoever_cannot_reach_it(power: tuple[bool, bool]) -> None:
    ground, at = made()
    ground.outside.takes.clear()
    ground.clouds[DATACENTRE].powers = (Power(server="portal-db", off=power[0], unplugged=power[1]),)
    proof = see("fence", at)
    assert (proof.answer, proof.witnesses) == (Answer.UNMET, ("vantage points",))
    assert "portal-db has power, or a port" in proof.reason


def test_a_cloud_that_does_not_answer_is_one_proof_too_few_and_says_what_is_known() -> None:
    """The link may be cut, and the database there serve the whole city."""
    ground, at = made()
    ground.clouds[DATACENTRE].gone = True
    ground.outside.takes.clear()
    proof = see("fence", at)
    assert (proof.answer, proof.witnesses) == (Answer.MET, ("vantage points",)), "of two that the drill asks for"
    with pytest.raises(Failed) as failure:
        act("fence", at)
    assert "Known: the cloud: nothing listens at its address; vantage points:" in str(failure.value)
    assert "Not known: whether its host runs. Prove it in another way" in str(failure.value)
    assert "asty drill override fence:portal" in str(failure.value)


def test_a_cloud_that_knows_no_such_server_proves_nothing() -> None:
    ground, at = made()
    ground.clouds[DATACENTRE].powers = ()
    ground.outside.takes.clear()
    assert see("fence", at).witnesses == ("vantage points",)


def test_a_write_or_a_connection_that_succeeds_there_refutes_the_cloud() -> None:
    ground, at = made()
    ground.clouds[DATACENTRE].powers = (Power(server="portal-db", off=True, unplugged=True),)
    assert see("fence", at).answer is Answer.UNMET, "a resident writes there"
    ground.outside.takes.clear()
    assert see("fence", at).answer is Answer.MET
    ground.silent = ""
    assert see("fence", at).answer is Answer.UNMET, "the other site connects"


def test_a_write_that_is_taken_where_the_name_leads_by_now_was_not_taken_at_the_site_that_is_gone() -> None:
    """The data centre is silent, so nobody sees its entrance, and the resolver that is left leads to the other site."""
    ground, at = made()
    own = address(ground.sites, RECOVERY)
    lost = replace(at.look(), datacentre=unseen("datacentre", "nothing listens at its address"))
    at = replace(at, look=lambda: lost)
    ground.clouds[DATACENTRE].gone = True
    fqdn = doors(ground.sites)["portal"].fqdn
    ground.clouds[RECOVERY].records[fqdn] = Record(addresses=(own,), ttl_s=TTL_S)
    ground.outside.takes = {own}
    proof = see("fence", at)
    assert (proof.answer, proof.witnesses) == (Answer.UNKNOWN, ()), "nobody tried to write there"
    assert f"leads every resident to {own}: no write was tried" in proof.reason


def test_a_street_on_which_nobody_could_try_is_no_proof_that_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The observer's own failure is not the database's silence."""
    ground, at = made()
    ground.outside.takes.clear()
    act("fence", at)

    def nobody(*_: object) -> str:
        raise NeedsPerson("the street", "nobody there could be asked", "Look.")

    monkeypatch.setattr(ground.outside, "write", nobody)
    proof = see("fence", at)
    assert proof.witnesses == ("the cloud",), "one of the two that the drill asks for"
    assert "vantage points: nobody there could be asked" in proof.reason


@pytest.mark.parametrize("power", [(True, True), (True, False), (False, True)])
def test_a_host_that_a_fence_left_without_power_is_brought_back_and_not_waited_for(power: tuple[bool, bool]) -> None:
    """Nobody can ask its database whom it follows; a step of which nothing is known would never begin."""
    ground, at = made(Mode.FAILBACK)
    ground.clouds[DATACENTRE].powers = (Power(server="portal-db", off=power[0], unplugged=power[1]),)
    proof = see("return_fenced", at)
    assert (proof.answer, proof.reason) == (Answer.UNMET, "portal-db has no power, or no port")


def test_a_fence_is_taken_back_by_port_and_power() -> None:
    ground, at = made()
    undo = step("fence").undo
    assert undo is not None
    undo(at)
    assert ground.clouds[DATACENTRE].done == ["release portal"]


def test_the_name_leads_away_from_the_data_centre_in_the_dns_of_both_sites() -> None:
    ground, at = made(Mode.SWITCHOVER)
    assert see("name_answers", at).answer is Answer.UNMET
    act("name_answers", at)
    here, fqdn = address(ground.sites, RECOVERY), doors(ground.sites)["portal"].fqdn
    assert [cloud.records[fqdn] for cloud in ground.clouds.values()] == [Record(addresses=(here,), ttl_s=TTL_S)] * 2
    assert see("name_answers", at).answer is Answer.MET
    old = address(ground.sites, DATACENTRE)
    ground.outside.kept[DATACENTRE] = Record(addresses=(old,), ttl_s=4)
    proof = see("name_answers", at)
    assert (proof.answer, proof.reason) == (Answer.UNMET, f"the resolver of datacentre says {old}, for 4 s")


def test_the_dns_of_both_sites_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the other to be told: one after the other, neither would ever be."""
    (ground, at), met, lead = made(Mode.SWITCHOVER), Barrier(2), FakeCloud.lead

    def meet(cloud: FakeCloud, fqdn: str, record: Record) -> None:
        met.wait(20)
        lead(cloud, fqdn, record)

    monkeypatch.setattr(FakeCloud, "lead", meet)
    assert act("name_answers", at).count("leads to") == 2
    assert see("name_answers", at).answer is Answer.MET and ground.clouds


def test_on_the_way_back_each_site_leads_to_itself_again() -> None:
    ground, at = made(Mode.SWITCHOVER)
    act("name_answers", at)
    _, home = ground, scene(ground.sites, "portal", Mode.FAILBACK, ground)
    assert see("name_answers", home).answer is Answer.UNMET
    act("name_answers", home)
    fqdn = doors(ground.sites)["portal"].fqdn
    assert {role: cloud.records[fqdn].addresses for role, cloud in ground.clouds.items()} == {
        role: (address(ground.sites, role),) for role in ground.clouds
    }
    assert see("name_answers", home).answer is Answer.MET


def test_a_data_centre_that_is_gone_is_not_waited_for_by_the_name_and_one_that_is_up_must_take_it() -> None:
    ground, at = made()
    ground.clouds[DATACENTRE].gone = True
    assert "could not be told (nothing listens" in act("name_answers", at)
    assert see("name_answers", at).answer is Answer.MET
    with pytest.raises(AstyError):
        act("name_answers", scene(ground.sites, "portal", Mode.SWITCHOVER, ground))


def test_while_a_resolver_leads_elsewhere_the_cloud_is_not_asked_and_afterwards_it_is() -> None:
    ground, at = made(Mode.SWITCHOVER)
    act("name_answers", at)
    fqdn, old = doors(ground.sites)["portal"].fqdn, address(ground.sites, DATACENTRE)
    asked, record = list[str](), FakeCloud.record

    def remember(cloud: FakeCloud, name: str) -> Record | None:
        asked.append(name)
        return record(cloud, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeCloud, "record", remember)
        ground.outside.kept[DATACENTRE] = Record(addresses=(old,), ttl_s=4)
        assert f"the resolver of datacentre says {old}" in see("name_answers", at).reason and asked == []
        ground.outside.kept.clear()
        assert see("name_answers", at).answer is Answer.MET and asked == [fqdn]


def test_nobody_who_is_answered_is_no_proof_that_the_name_leads_there() -> None:
    ground, at = made()
    act("name_answers", at)
    for cloud in ground.clouds.values():
        cloud.gone = True
    assert see("name_answers", at).answer is Answer.UNKNOWN
    ground.clouds[RECOVERY].gone = False
    ground.outside.deaf = True
    assert "nobody who asks" in see("name_answers", at).reason


@pytest.mark.parametrize(
    ("record", "told"),
    [(None, "has no record of it"), (Record(addresses=("192.0.2.9",), ttl_s=60), "says 192.0.2.9")],
)
def test_a_name_that_the_cloud_does_not_lead_there_is_not_led_there(record: Record | None, told: str) -> None:
    ground, at = made()
    act("name_answers", at)
    records, fqdn = ground.clouds[RECOVERY].records, doors(ground.sites)["portal"].fqdn
    del records[fqdn]
    if record:
        records[fqdn] = record
    proof = see("name_answers", at)
    assert proof.answer is Answer.UNMET and told in proof.reason


def test_while_residents_wait_nobody_looks_at_both_sites_again_for_an_address_that_does_not_change() -> None:
    ground, at = made(Mode.SWITCHOVER)

    def look() -> Sites:
        raise AssertionError("both sites were asked all their questions")

    remembering = replace(at, look=look, recall=lambda: ground.sites)
    ground.outside.takes = {address(ground.sites, RECOVERY)}
    for step in ("shorten_ttl", "name_answers", "service_answers"):
        act(step, remembering)
        assert see(step, remembering).answer is Answer.MET, step


def test_an_address_that_nobody_saw_leads_nobody_astray() -> None:
    ground, at = made()
    blind = replace(ground.sites, recovery=unseen("recovery", "refused"))
    with pytest.raises(Failed, match="nobody saw the address"):
        act("name_answers", replace(at, look=lambda: blind))


def test_a_short_time_to_live_counts_once_the_old_one_is_over_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    ground, at = made(Mode.SWITCHOVER)
    assert see("shorten_ttl", at).answer is Answer.UNMET
    assert "datacentre" in act("shorten_ttl", at)
    fqdn, old = doors(ground.sites)["portal"].fqdn, address(ground.sites, DATACENTRE)
    assert ground.clouds[DATACENTRE].records[fqdn] == Record(addresses=(old,), ttl_s=SHORT_TTL_S)
    assert ground.clouds[RECOVERY].records[fqdn].ttl_s == TTL_S, "that one does not move"
    ground.outside.kept[DATACENTRE] = Record(addresses=(old,), ttl_s=41)
    with monkeypatch.context() as patch:
        patch.setattr(
            type(ground.clouds[DATACENTRE]), "record", None
        )  # the clouds are not asked as often as it is looked
        assert see("shorten_ttl", at).reason == "the resolver of datacentre keeps the old one for 41 s"
    ground.outside.kept.clear()
    assert see("shorten_ttl", at).answer is Answer.MET


def test_the_name_of_what_a_drill_opens_has_a_short_life_before_anybody_knows_where_it_will_lead() -> None:
    ground, _ = made(Mode.SWITCHOVER)
    light = "open-data"
    at = scene(
        replace(ground.sites, recovery=replace(ground.sites.recovery, balancers=())), light, Mode.SWITCHOVER, ground
    )
    fqdn = doors(ground.sites)[light].fqdn
    ground.clouds[RECOVERY].records.pop(fqdn, None)
    assert see("shorten_ttl", at).answer is Answer.UNMET
    act("shorten_ttl", at)
    assert ground.clouds[DATACENTRE].records[fqdn].ttl_s == SHORT_TTL_S
    ground.clouds[RECOVERY].records[fqdn] = Record(addresses=("203.0.113.9",), ttl_s=TTL_S)
    assert see("shorten_ttl", at).answer is Answer.MET, "the record that the opening made leads there already"


def test_the_service_answers_once_a_write_by_its_name_is_taken() -> None:
    ground, at = made()
    ground.clouds[DATACENTRE].gone = True
    assert see("service_answers", at).answer is Answer.UNMET
    ground.outside.takes = {address(ground.sites, RECOVERY)}
    assert see("service_answers", at).answer is Answer.MET


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ("it answered", Answer.MET),
        (Failed("open-data", "TLS ended early", "Look at it."), Answer.UNMET),
        (NeedsPerson("open-data", "nobody could ask", "Ask."), Answer.UNKNOWN),
    ],
)
def test_a_service_that_takes_no_writes_of_residents_serves_once_its_probe_is_answered(
    told: Exception | str, answer: Answer
) -> None:
    ground, _ = made()
    at = scene(ground.sites, "open-data", Mode.SWITCHOVER, ground)
    assert not at.declared.database
    ground.answers["open-data"] = told
    act("service_answers", at)
    assert see("service_answers", at).answer is answer


def test_what_only_the_lost_site_could_tell_does_not_hold_up_a_failover_and_does_a_switchover() -> None:
    from drs.observed import unseen  # noqa: PLC0415 - for this test alone

    sites = twins(datacentre=unseen("datacentre", "connection refused"))
    assert see("site_ready", scene(sites)).answer is Answer.MET
    assert see("site_ready", scene(sites, mode=Mode.SWITCHOVER)).answer is Answer.UNKNOWN


@pytest.mark.usefixtures("with_databases")
@pytest.mark.parametrize(
    ("port", "trouble", "answer"),
    [("portal-db", "off", Answer.MET), ("portal-db", "DOWN", Answer.UNMET), ("portal-1", "off", Answer.UNMET)],
)
def test_the_port_that_a_fence_took_holds_up_no_failback_for_that_gives_it_back(
    port: str, trouble: str, answer: Answer
) -> None:
    ports = known(whole(DATACENTRE).ports)
    taken = tuple(replace(one, trouble=trouble) if one.name == port else one for one in ports)
    sites, looks = twins(datacentre=spoilt(DATACENTRE, ports=taken)), list[Sites]()

    def look() -> Sites:
        looks.append(sites)
        return sites

    assert see("site_ready", replace(scene(sites, mode=Mode.FAILBACK), look=look)).answer is answer
    assert len(looks) <= 3, "and not one for each finding: a look asks both sites everything"
