"""From what both Neutrons say to what this machine should have: one value, the same for the same input. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import IPv4Interface, IPv4Network

from lab.net import backbone, guards, names
from lab.net.backbone import Cable, Ground, Plug
from lab.net.machine import ROOT, Link, LinkKind, Machine, Namespace
from lab.net.ports import bridges, devices, port_ends
from lab.net.routers import routers
from lab.net.wanted import Region
from lab.net.weather import CLEAR, Weather
from lab.params import LabParams

_PLACE = {"ipv4/ip_forward": "1"}
LOOPBACK = "lo"
_LO = Link(kind=LinkKind.LOOPBACK)


def layout(  # noqa: PLR0913, PLR0917 - each decides what is there
    params: LabParams,
    regions: Sequence[Region],
    present: Iterable[str],
    taken: Sequence[IPv4Network] = (),
    weather: Weather = CLEAR,
    districts: frozenset[IPv4Interface] = frozenset(),
) -> Machine:
    """Every namespace that should be there. `present` are the namespaces that are; devices' are among them.

    `taken` are the ranges that the machine itself routes to somewhere else than this lab, `districts` the addresses of
    the devices there.
    """
    here = frozenset(present)
    ground = Ground(params=params, regions=regions, taken=taken, districts=districts)
    machine = Namespace(ours=False, lookups=frozenset({backbone.lookup(params)}) if ground.gated else frozenset())
    made = {ROOT: machine, **_places(ground, weather)}
    for region in regions:
        ends = port_ends(params, region, here - made.keys())  # ids of two sites may begin alike: the first has it
        made |= dict(bridges(params, region, ends))
        made |= dict(routers(params, region, ends, backbone.far(ground, region)))
        made |= dict(devices(params, region, ends))
    for cable in backbone.cables(ground, relayed=weather.relayed):
        for plug, other in ((cable.one, cable.other), (cable.other, cable.one)):
            _plug(made, cable, plug, other)
    for space, route in backbone.routes(ground):
        made[space] = replace(made[space], routes=made[space].routes | {route})
    return made


def _places(ground: Ground, weather: Weather) -> dict[str, Namespace]:
    rules = {backbone.STREET: guards.street(), backbone.OPERATORS: guards.operators()}
    for region in ground.regions:
        rules[backbone.probe_host(region.index)] = guards.probe_host()
        deaf, silent = region.index in weather.deaf, region.index in weather.silent
        rules[backbone.edge(region.index)] = guards.edge(backbone.outside(region), deaf=deaf, silent=silent)
    made = {
        names.place(ground.params, place): Namespace(links={LOOPBACK: _LO}, switches=_PLACE, rules=rules[place])
        for place in ground.places
        if place != backbone.DISTRICTS
    }
    if ground.districts:
        lo = replace(_LO, addresses=ground.districts)
        there = Namespace(links={LOOPBACK: lo}, rules=guards.districts())
        made[names.place(ground.params, backbone.DISTRICTS)] = there
    return made


def _plug(made: dict[str, Namespace], cable: Cable, plug: Plug, other: Plug) -> None:
    link = Link(kind=cable.kind, mtu=cable.mtu, addresses=plug.addresses, master=plug.master, peer=other.end)
    space = made[plug.end.namespace]
    made[plug.end.namespace] = replace(space, links={**space.links, plug.end.link: link})
