"""The name of the service leads to its balancer at the recovery site, in that site's own DNS."""

from datetime import timedelta

from drs.check import Answer
from drs.checks import names
from drs.compared import Sites
from drs.step import Each, Mode, Proof, Step


def _verify(sites: Sites, service: str) -> Proof:
    own = [finding for finding in names.CHECK.findings(sites) if service in finding.services]
    if not own:
        return Proof(answer=Answer.UNMET, reason=f"no name of {service} is declared at {sites.here.id}")
    return Proof(answer=own[0].answer, reason=own[0].problem or f"{own[0].subject} leads to its balancer")


STEP = Step(
    name="name_answers",
    title="The name of {service} leads to the recovery site",
    each=Each.SERVICE,
    order=30,
    modes=frozenset({Mode.SWITCHOVER, Mode.FAILOVER}),
    approvers=0,
    time_limit=timedelta(minutes=5),
    does="Let the zone's delegation name the recovery site's DNS first; wait until the records' time to live is over.",
    undoes="Let the zone's delegation name the data centre's DNS first.",
    verify=_verify,
)
