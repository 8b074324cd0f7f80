"""Production noticed nothing of the rehearsal: nothing was started anew, no stream broke, and both sites are as they
were declared."""

from datetime import UTC, datetime, timedelta

from city.errors import Failed
from drs.check import Answer, Weight
from drs.mode import Mode
from drs.postgres.undisturbed import disturbed
from drs.readiness import assess
from drs.scene import Scene
from drs.step import Each, Proof, Step, with_database


def _verify(scene: Scene) -> Proof:
    for_s = (datetime.now(UTC) - scene.copies.begun).total_seconds()
    if happened := disturbed(scene.returning, for_s):
        return Proof(answer=Answer.UNMET, reason=f"since the rehearsal began {for_s:.0f} s ago: {happened}")
    found = (one for one in assess(scene.sites).findings if scene.service in one.services)
    gaps = [one for one in found if one.weight is Weight.BLOCKING and one.answer in {Answer.UNMET, Answer.PARTLY}]
    if gaps:
        return Proof(answer=Answer.UNMET, reason=f"{len(gaps)} gaps, first: {gaps[0].subject}: {gaps[0].problem}")
    return Proof(
        answer=Answer.MET,
        reason=f"{scene.there} leads and {scene.here} follows it as for longer than these {for_s:.0f} s; no gap came",
    )


def _do(scene: Scene) -> str:
    """Nothing mends it: what happened, happened."""
    proof = _verify(scene)
    if proof.answer is not Answer.MET:
        remedy = "Find out why, by the logs of both databases; then rehearse again."
        raise Failed(f"production of {scene.service}", proof.reason, remedy)
    return proof.reason


STEP = Step(
    name="undisturbed",
    title="Production of {service} noticed nothing",
    each=Each.SERVICE,
    order=80,
    modes=frozenset({Mode.REHEARSE}),
    approvers=0,
    time_limit=timedelta(minutes=2),
    does="Look whether the database of {service} streams from {there} to {here} since before the rehearsal"
    " (pg_stat_replication.backend_start), and run `asty drill readiness`.",
    undoes="",
    verify=_verify,
    do=_do,
    concerns=with_database,
)
