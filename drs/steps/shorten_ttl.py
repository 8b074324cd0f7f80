"""Resolvers keep the name for a few seconds only, from one old time to live ahead of the move."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from city.model.places import SiteRole
from drs.check import Answer
from drs.hands.cloud import Record
from drs.names import SHORT_TTL_S, doors, wanted
from drs.opened import to_open
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step


def _moving(scene: Scene) -> Iterator[tuple[SiteRole, Record]]:
    """Each site whose record of the name will change, with the record as it is."""
    sites = scene.known
    fqdn = doors(sites)[scene.service].fqdn
    for role, address in _leads(scene).items():
        record = scene.ground.cloud(role).record(fqdn)
        if record is not None and record.addresses != (address,):
            yield role, record


def _leads(scene: Scene) -> Mapping[SiteRole, str]:
    """What the drill is just opening has an address, and a record of its own, once it stands: until then it is known
    that the name leaves the other site."""
    sites = scene.known
    unopened = to_open(sites, scene.service) is not None and not doors(sites)[scene.service].address
    return {scene.mode.there: ""} if unopened else wanted(sites, scene.service)


def _do(scene: Scene) -> str:
    fqdn = doors(scene.known)[scene.service].fqdn
    shortened = list[str]()
    for role, record in _moving(scene):
        scene.ground.cloud(role).lead(fqdn, replace(record, ttl_s=SHORT_TTL_S))
        shortened.append(role.value)
    return f"{fqdn} is kept for {SHORT_TTL_S} s by the DNS of {' and '.join(shortened) or 'no site: it moves nowhere'}"


def _verify(scene: Scene) -> Proof:
    """By the name servers' own memory first: they are asked again and again until it is short. Then by the clouds."""
    leads, fqdn = _leads(scene), doors(scene.known)[scene.service].fqdn
    for said in scene.ground.outside.ask(fqdn):
        leads_to = leads.get(said.server.role)
        moves = said.addresses and leads_to is not None and said.addresses != (leads_to,)
        if moves and said.ttl_s > SHORT_TTL_S:
            return Proof(answer=Answer.UNMET, reason=f"{said.server} keeps the old one for {said.ttl_s} s")
    moving = dict(_moving(scene))
    if long := [role.value for role, record in moving.items() if record.ttl_s > SHORT_TTL_S]:
        return Proof(answer=Answer.UNMET, reason=f"the DNS of {' and '.join(long)} gives a longer time to live")
    if not moving:
        return Proof(answer=Answer.MET, reason="no record of the name will move")
    return Proof(answer=Answer.MET, reason=f"nobody keeps {fqdn} for more than {SHORT_TTL_S} s")


STEP = Step(
    name="shorten_ttl",
    title="Resolvers keep the name of {service} for a few seconds only",
    each=Each.SERVICE,
    order=14,
    modes=frozenset({Mode.SWITCHOVER, Mode.FAILBACK}),
    approvers=0,
    time_limit=timedelta(minutes=5),
    does=f"Set the time to live of the record of {{service}} to {SHORT_TTL_S} s (`openstack recordset set --ttl`), and"
    " wait for as long as it was before.",
    undoes="Set it to what it was.",
    verify=_verify,
    do=_do,
    ahead=True,
)
