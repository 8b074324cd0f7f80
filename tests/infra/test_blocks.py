"""Who has which block: never two the same one, and nobody another one when a network grows or a neighbour comes."""

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network

from hypothesis import assume, given
from hypothesis import strategies as st

from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Service
from infra.addresses import capacity, slot
from infra.blocks import block_of, slots

MakeService = Callable[..., Service]
MakeCity = Callable[..., City]

names = st.from_regex(r"[a-z][a-z0-9-]{0,30}[a-z0-9]", fullmatch=True)
declared = st.none() | st.integers(0, 22)


@st.composite
def neighbourhoods(draw: st.DrawFn, most: int = 10) -> Mapping[str, int | None]:
    """Up to ten services; of those that declare a slot no two the same."""
    found = draw(st.lists(names, min_size=1, max_size=most, unique=True))
    wanted = [draw(declared) for _ in found]
    said = [number for number in wanted if number is not None]
    assume(len(said) == len(set(said)))
    return dict(zip(found, wanted, strict=True))


def network(prefix: int) -> IPv4Network:
    return IPv4Network(f"10.64.0.0/{prefix}")


@given(neighbourhoods(), st.integers(18, 24))
def test_ten_services_never_clash(services: Mapping[str, int | None], prefix: int) -> None:
    found = slots(services, network(prefix))
    assert len(set(found.values())) == len(services)
    assert all(0 <= number < capacity(network(prefix)) for number in found.values())
    assert all(found[name] == number for name, number in services.items() if number is not None)


@given(neighbourhoods(), st.integers(18, 24), st.integers(18, 24))
def test_a_range_that_grows_leaves_every_slot_where_it_is(
    services: Mapping[str, int | None], before: int, after: int
) -> None:
    assert slots(services, network(before)) == slots(services, network(after))


@given(neighbourhoods(), names)
def test_a_service_that_comes_last_moves_nobody(services: Mapping[str, int | None], newcomer: str) -> None:
    assume(newcomer not in services)
    before, after = slots(services, network(24)), slots({**services, newcomer: None}, network(24))
    assert after == {**before, newcomer: after[newcomer]}


@given(names, st.integers(18, 27))
def test_a_service_that_is_alone_has_the_slot_that_it_prefers(name: str, prefix: int) -> None:
    assert slots({name: None}, network(prefix)) == {name: slot(name, None, network(prefix))}


def test_who_comes_to_a_full_network_has_a_slot_that_it_does_not_have() -> None:
    full: dict[str, int | None] = {f"service-{number}": number for number in range(23)}
    assert slots({**full, "late": None}, network(24))["late"] == capacity(network(24)) == 23
    assert slots({**full, "late": None}, network(23))["late"] == 23, "one that grew has room behind"
    assert slots({"late": None}, network(28)) == {"late": 0}


def test_the_blocks_of_a_city_are_those_of_its_networks(make_service: MakeService, make_city: MakeCity) -> None:
    city = make_city(make_service("portal"), make_service("gis", slot=3), make_service("bus", network="iot", slot=3))
    blocks = [block_of(city, city.site_of(SiteRole.DATACENTRE), service).cidr for service in city.services]
    assert list(map(str, blocks)) == ["10.1.1.48/29", "10.1.1.32/29", "10.1.4.32/29"]
