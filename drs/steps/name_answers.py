"""The name of the service leads to its balancer at the site that it moves to: in the DNS, and for who asks it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from city.errors import AstyError
from city.model.places import SiteRole
from drs.check import Answer
from drs.hands.cloud import Record
from drs.hands.outside import Answered
from drs.mode import REAL
from drs.names import doors, wanted
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step


def _do(scene: Scene) -> str:
    """Both sites at once: residents wait for both."""
    sites = scene.known
    fqdn, leads = doors(sites)[scene.service].fqdn, wanted(sites, scene.service)
    records = (Record(addresses=(one,), ttl_s=sites.declared_here.record_ttl_s) for one in leads.values())
    with ThreadPoolExecutor(len(leads)) as pool:
        told = pool.map(partial(_lead, scene, fqdn), leads, records)
    return f"{fqdn}: {', '.join(told)}"


def _lead(scene: Scene, fqdn: str, role: SiteRole, record: Record) -> str:
    """A site that is gone cannot be told; residents leave its resolver by themselves, for it does not answer."""
    try:
        scene.ground.cloud(role).lead(fqdn, record)
    except AstyError as error:
        if role is scene.mode.here or scene.mode is not Mode.FAILOVER:
            raise
        return f"the DNS of {role.value} could not be told ({error.problem})"
    return f"the DNS of {role.value} leads to {record.addresses[0]}"


def _verify(scene: Scene) -> Proof:
    """By the cloud's own record where services run in the end, and by everybody who answers for the name.

    While anybody leads elsewhere, the cloud is not asked: it has others to serve, and all names of a wave are looked at
    each second.
    """
    sites = scene.known
    if scene.service not in doors(sites):
        reason = f"no name of {scene.service} is declared at {sites.here.id}"
        return Proof(answer=Answer.UNMET, reason=reason)
    fqdn, leads = doors(sites)[scene.service].fqdn, wanted(sites, scene.service)
    said = [one for one in scene.ground.outside.ask(fqdn) if one.addresses is not None]
    astray = [one for one in said if one.addresses != (leads[one.server.role],)]
    if any(one.addresses for one in astray):
        return Proof(answer=Answer.UNMET, reason="; ".join(map(_says, astray)))
    try:
        record = scene.ground.cloud(scene.mode.here).record(fqdn)
    except AstyError as error:
        return Proof(answer=Answer.UNKNOWN, reason=error.problem)
    if record is None or record.addresses != (leads[scene.mode.here],):
        shown = "has no record of it" if record is None else f"has {', '.join(record.addresses)}"
        return Proof(answer=Answer.UNMET, reason=f"the DNS of {scene.mode.here.value} {shown}")
    unheard = [] if any(one.server.role is scene.mode.here for one in said) else [_nobody(scene)]
    if astray or unheard:
        return Proof(answer=Answer.UNMET, reason="; ".join([*map(_says, astray), *unheard]))
    return Proof(answer=Answer.MET, reason=f"{fqdn} leads to {leads[scene.mode.here]}, whoever is asked")


def _says(said: Answered) -> str:
    return f"{said.server} says {', '.join(said.addresses or ()) or 'nothing'}, for {said.ttl_s} s"


def _nobody(scene: Scene) -> str:
    """That a site's servers say nothing is right only where it is gone."""
    return f"nobody who asks for names at {scene.mode.here.value} is answered"


STEP = Step(
    name="name_answers",
    title="The name of {service} leads to {here}",
    each=Each.SERVICE,
    order=40,
    modes=REAL,
    approvers=0,
    time_limit=timedelta(minutes=5),
    does="Let the record of {service} lead to its balancer at {here}, in the DNS of each site that answers; wait until"
    " the records' time to live is over.",
    undoes="Let the record lead to the balancer at {there}.",
    verify=_verify,
    do=_do,
)
