"""The service runs at the site that it moves to: its servers, their ports and volumes, and its balancer before them.

Servers that watch or show the city answer nothing before they were told the city: the drill tells those that it opens.
"""

from collections.abc import Mapping
from datetime import timedelta

from city.errors import Failed
from city.model import vaults
from drs.check import Answer
from drs.checks import balancers, names, servers
from drs.expected import Standing
from drs.mode import REAL, Mode
from drs.opened import opened, to_open
from drs.scene import Scene
from drs.step import Each, Proof, Step, writes_only_files


def _verify(scene: Scene) -> Proof:
    """By readiness' own checks, of this service alone: its servers and its balancer, and of what a drill opens the name
    as well, which a kill may have left out. Who was told nothing answers nothing, so it is looked for where something
    does not answer, and named."""
    service, seen = scene.service, scene.sites
    sites, wanted = opened(seen, service), to_open(seen, service)
    findings = [f for check in (servers.CHECK, balancers.CHECK) for f in check.findings(sites)]
    if wanted is not None:  # for how long its name may be kept, other steps change
        findings += [f for f in names.CHECK.findings(sites) if f.answer is not Answer.PARTLY]
    own = [finding for finding in findings if service in finding.services]
    if not own:
        mode = sites.city.service(service).recovery
        return Proof(answer=Answer.UNMET, reason=f"none of it is declared to run at {sites.here.id} ({mode} recovery)")
    worst = max(own, key=lambda finding: list(Answer).index(finding.answer))
    if worst.answer is Answer.MET:
        named = ", and its name leads there" if wanted is not None else ""
        return Proof(answer=Answer.MET, reason=f"its servers and its balancer stand at {sites.here.id}{named}")
    untold = _said(scene.ground.posts.untold(service, _names(wanted))) if wanted else ()
    return Proof(answer=worst.answer, reason="; ".join((*untold, worst.problem)))


def _do(scene: Scene) -> str:
    """A pilot light, and a cold service whose database stands there, are the drill's to open; of any other service what
    is declared runs already, or a person declares more."""
    wanted = to_open(scene.known, scene.service)
    if wanted is None and scene.mode is Mode.FAILBACK and _ended_when_left(scene):
        scene.files_here.wait()
        return f"its programs run again at {scene.known.here.id}, and wait for its files"
    if wanted is None:
        return f"for a person to do: {_DOES.format(service=scene.service)}"
    scene.ground.capacity.open(scene.service, wanted)
    untold = _said(scene.ground.posts.tell(scene.service, _names(wanted)))
    stand = f"{', '.join(_names(wanted))} and its entrance stand at {scene.known.here.id}"
    return "; ".join((*untold, f"{stand}; the failback takes them away again"))


def _names(wanted: Standing) -> tuple[str, ...]:
    return tuple(member.name for member in wanted.members)


def _said(untold: Mapping[str, str]) -> tuple[str, ...]:
    """Whom the drill waits for: `asty tell` tells it as well."""
    return tuple(f"{server} is not told what the city is ({why})" for server, why in untold.items())


def _undo(scene: Scene) -> str:
    if to_open(scene.known, scene.service) is None:
        remedy = "Declare for it what was declared before; then `asty plan`, `asty apply`."
        raise Failed(scene.service, "what runs of it is declared, and so a person's", remedy)
    scene.ground.capacity.close(scene.service)
    return f"what a drill opened of {scene.service} is removed"


def _ended_when_left(scene: Scene) -> bool:
    """And nobody let them stand by since (drs.steps.stands_by)."""
    return vaults.has_vault(scene.known.city) and writes_only_files(scene.declared)


_DOES = (
    "Declare `recovery: active` for {service} in services.yaml where it is not; then `asty plan`, `asty apply`. Of a"
    " pilot light, start a server on its port and volume, and make its balancer, address and record; `asty tell` tells"
    " one that watches or shows the city."
)

STEP = Step(
    name="service_runs",
    title="{service} runs at {here}",
    each=Each.SERVICE,
    order=14,
    modes=REAL,
    approvers=2,
    time_limit=timedelta(minutes=15),
    does=_DOES,
    undoes="Declare for {service} what was declared before; then `asty plan`, `asty apply`. Of a pilot light, delete"
    " what the drill opened.",
    verify=_verify,
    do=_do,
    undo=_undo,
    ahead=True,
)
