"""Resolvers keep the name for a few seconds only, from one old time to live ahead of the move."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from city.model.places import SiteRole
from drs.check import Answer
from drs.hands.cloud import Record
from drs.names import SHORT_TTL_S, doors, wanted
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step, with_database


def _moving(scene: Scene) -> Iterator[tuple[SiteRole, Record]]:
    """Each site whose record of the name will change, with the record as it is."""
    sites = scene.sites
    fqdn = doors(sites)[scene.service].fqdn
    for role, address in wanted(sites, scene.service).items():
        record = scene.ground.cloud(role).record(fqdn)
        if record is not None and record.addresses != (address,):
            yield role, record


def _do(scene: Scene) -> str:
    fqdn = doors(scene.sites)[scene.service].fqdn
    shortened = list[str]()
    for role, record in _moving(scene):
        scene.ground.cloud(role).lead(fqdn, replace(record, ttl_s=SHORT_TTL_S))
        shortened.append(role.value)
    return f"{fqdn} is kept for {SHORT_TTL_S} s by the DNS of {' and '.join(shortened) or 'no site: it moves nowhere'}"


def _verify(scene: Scene) -> Proof:
    """By the resolvers' own memory: what they keep now is gone soon."""
    moving = dict(_moving(scene))
    if not moving:
        return Proof(answer=Answer.MET, reason="no record of the name will move")
    if long := [role.value for role, record in moving.items() if record.ttl_s > SHORT_TTL_S]:
        return Proof(answer=Answer.UNMET, reason=f"the DNS of {' and '.join(long)} gives a longer time to live")
    fqdn = doors(scene.sites)[scene.service].fqdn
    for said in scene.ground.outside.ask(fqdn):
        if said.addresses and said.server.role in moving and said.ttl_s > SHORT_TTL_S:
            return Proof(answer=Answer.UNMET, reason=f"{said.server} keeps the old one for {said.ttl_s} s")
    return Proof(answer=Answer.MET, reason=f"nobody keeps {fqdn} for more than {SHORT_TTL_S} s")


STEP = Step(
    name="shorten_ttl",
    title="Resolvers keep the name of {service} for a few seconds only",
    each=Each.SERVICE,
    order=15,
    modes=frozenset({Mode.SWITCHOVER, Mode.FAILBACK}),
    approvers=0,
    time_limit=timedelta(minutes=5),
    does=f"Set the time to live of the record of {{service}} to {SHORT_TTL_S} s (`openstack recordset set --ttl`), and"
    " wait for as long as it was before.",
    undoes="Set it to what it was.",
    verify=_verify,
    do=_do,
    concerns=with_database,
)
