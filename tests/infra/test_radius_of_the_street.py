"""Of the city's own data: the street's access points ask RADIUS where the service stands, the data centre first."""

from pathlib import Path

from city.load import load
from city.model.places import SiteRole
from infra.blocks import block_of

THESSALONIKI = Path(__file__).parents[2] / "cities" / "thessaloniki"


def test_the_access_points_of_thessaloniki_ask_the_balancers_of_radius_at_both_sites() -> None:
    city = load(THESSALONIKI)
    radius = city.service("radius")
    assert radius.workload is not None
    sites = (city.site_of(role) for role in (SiteRole.DATACENTRE, SiteRole.RECOVERY))
    balancers = [(block_of(city, site, radius).vip, radius.workload.port) for site in sites]
    asking = {ssid.id: ssid.radius for ssid in city.ssids if ssid.radius}
    assert [[(server.address, server.port) for server in servers] for servers in asking.values()] == [balancers]
    assert all(server.secret is not None for servers in asking.values() for server in servers)
    sending = [ap for ap in city.access_points if asking.keys() & set(ap.ssids)]
    assert {ap.site for ap in sending} == {ap.site for ap in city.access_points}, "in every district there is one"
    flows = {(flow.source, flow.protocol) for flow in radius.workload.flows if flow.port == radius.workload.port}
    assert ("network:management", "udp") in flows, "an access point asks from its district's network of management"
