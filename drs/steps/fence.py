"""The database at a site that is gone cannot be written, even if it is not gone: two independent proofs of that.

One is the cloud's word that its host has no power and its port carries nothing. The other is that writes and
connections fail from where residents stand and from the other site. A cloud that does not answer proves nothing: then
one proof is missing, and a named person answers for it, or nobody.
"""

from datetime import timedelta

from city.errors import AstyError, Failed, NeedsPerson
from drs.check import Answer
from drs.names import doors
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step, with_database

CLOUD, VANTAGE_POINTS = "the cloud", "vantage points"


def _do(scene: Scene) -> str:
    try:
        scene.cloud_there.shut(scene.service)
    except AstyError as error:
        known = _verify(scene)
        told = f"{error.problem}. Known: {known.reason}. Not known: whether its host runs"
        remedy = f"Prove it in another way, then answer by name: `asty drill override fence:{scene.service} --reason`."
        raise Failed(f"{scene.service} at {scene.mode.there}", told, remedy) from error
    return "its port carries nothing and its host has no power; both stay so until the failback"


def _verify(scene: Scene) -> Proof:
    proven, told, running = list[str](), list[str](), list[str]()
    for witness, ask in ((CLOUD, _cloud), (VANTAGE_POINTS, _vantage_points)):
        try:
            found, is_fenced = ask(scene)
        except AstyError as error:
            told.append(f"{witness}: {error.problem}")
            continue
        told.append(f"{witness}: {found}")
        (proven if is_fenced else running).append(witness)
    answer = Answer.UNMET if running else Answer.MET if proven else Answer.UNKNOWN
    return Proof(answer=answer, reason="; ".join(told), witnesses=tuple(proven))


def _cloud(scene: Scene) -> tuple[str, bool]:
    found = scene.cloud_there.power(scene.service)
    if not found:
        raise Failed(f"{scene.service}", "it knows no server with this database", "Look at its servers.")
    still = [one.server for one in found if not (one.off and one.unplugged)]
    if still:
        return f"{', '.join(still)} has power, or a port", False
    return f"{', '.join(one.server for one in found)} has neither power nor a port", True


def _vantage_points(scene: Scene) -> tuple[str, bool]:
    """Both fail: a connection from the other site, and a resident's write at the entrance of the site that is left.

    Where nobody can see the address there, it is tried by the name, if that leads there still. Raises NeedsPerson where
    nobody on the street could try: that a write was not taken there, nobody has seen then.
    """
    silent = scene.ground.reaches(scene.mode.here, scene.mode.there, scene.service)
    if not silent:
        return f"{scene.mode.here} connects to it", False
    there = doors(scene.known.turned)[scene.service]
    if not there.address and (own := _led_here(scene, there.fqdn)):
        told = (
            f"{scene.mode.here} finds that {silent}, and {there.fqdn} leads every resident to {own}: no write was tried"
        )
        raise NeedsPerson(f"{scene.service} at {scene.mode.there}", told, "Find its entrance there, and write to it.")
    try:
        written = scene.ground.outside.write(there.fqdn, there.port, there.address)
    except Failed:
        return f"{scene.mode.here} finds that {silent}, and a resident's write there fails", True
    return f"a resident's write was taken there ({written})", False


def _led_here(scene: Scene, fqdn: str) -> str:
    """The entrance of the site that takes over, where whoever answers for the name leads residents there alone."""
    own = doors(scene.known).get(scene.service)
    led = {address for said in scene.ground.outside.ask(fqdn) for address in said.addresses or ()}
    return own.address if own is not None and led == {own.address} else ""


def _release(scene: Scene) -> str:
    scene.cloud_there.release(scene.service)
    return "it has its port and its power again"


STEP = Step(
    name="fence",
    title="The database of {service} cannot be written at {there}",
    each=Each.SERVICE,
    order=20,
    modes=frozenset({Mode.FAILOVER}),
    approvers=2,
    time_limit=timedelta(minutes=2),
    does="Set the port of the database host of {service} at {there} down, then stop the host (`openstack port set"
    " --disable`, `openstack server stop`); try from {here} and from the street that nothing is written there.",
    undoes="Set its port up and start it, unless {here} was promoted.",
    verify=_verify,
    do=_do,
    undo=_release,
    concerns=with_database,
    fences=True,
)
