"""A plan names what it leaves alone on a device, and nothing of its values."""

from dataclasses import replace

from asty.tree import device_tree
from city.inventory import Inventory
from city.model.city import City
from lab.fleet.registry import family
from network.bystanders import listed
from network.plan import Kind, plan
from platforms.edge_switch import GRAMMAR
from platforms.registry import intended
from tests.network.paper import DialectDevice, PaperTransport

STRANGE = """vlan 300
 name traffic-lights
!
username ops secret 9 $9$u1qzNB
username on-call secret 9 $9$Yh2
radius-server host 10.9.9.9 key 7 0822455D
!
interface GigabitEthernet1/0/9
 description traffic lights, junction 12
 switchport access vlan 300
!
line vty 0 4
 exec-timeout 5 0
end
"""


def test_what_is_not_ours_is_told_by_name_and_owner(example_city: City) -> None:
    wanted = intended(example_city, example_city.device("sw-west-01"))
    assert listed(GRAMMAR, GRAMMAR.parse(STRANGE), wanted) == (
        "? unknown whose, for it lacks our mark, left alone: interface gigabitethernet 1/0/9, vlan 300",
        "= theirs, left alone: radius-server, username (2), line vty 0 4",
    )


def test_what_is_written_anew_at_each_look_is_told_alike(example_city: City) -> None:
    wanted = intended(example_city, example_city.device("sw-west-01"))
    other = STRANGE.replace("$9$u1qzNB", "$9$other").replace("0822455D", "1511021F")
    assert listed(GRAMMAR, GRAMMAR.parse(other), wanted) == listed(GRAMMAR, GRAMMAR.parse(STRANGE), wanted)


def test_where_all_is_ours_nothing_is_told(example_city: City) -> None:
    wanted = intended(example_city, example_city.device("sw-west-01"))
    assert listed(GRAMMAR, wanted, wanted) == ()


def test_a_dry_run_of_one_switch_shows_a_vlan_that_somebody_made_by_hand(
    example_city: City, paper_inventory: Inventory, transport: PaperTransport
) -> None:
    device = transport.devices["sw-west-01"]
    assert isinstance(device, DialectDevice)
    dialect, hardware = family("edge-switch").dialect, device.state.hardware
    text = f"{dialect.print(device.state.running, hardware)}\nvlan 666\n name by-hand\n"
    device.state = replace(device.state, running=dialect.parse(text, hardware))
    found = plan(example_city, [example_city.device("sw-west-01")], paper_inventory, transport=transport)
    assert found.entries[0].kind is Kind.CHANGE
    assert [line for line in device_tree(found) if "left alone" in line and "vlan 666" in line]
