"""Who breaks guests on purpose asks for it here: by a server's name, or for all of a site's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from city.errors import AstyError, ExitCode, Failed, InvalidInput, Refused
from lab.hosts import befallen
from lab.hosts.befallen import Befallen
from lab.hosts.folder import HostsFolder
from lab.hosts.guest import Guest
from lab.hosts.life import Life
from lab.openstack.drivers.hosts import HostError, Hosts
from lab.params import LabParams

_AT_ONCE = 32
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A region of the lab, with every name that it is called by; `id` is that of the city's site."""

    region: str
    id: str
    names: frozenset[str]


def chosen(params: LabParams, sites: Sequence[Site], targets: Iterable[str]) -> dict[str, Guest]:
    """Each guest that a target names, by what it is called: SERVER:SITE.

    A target is a server's name, which may be at both sites; SERVER:SITE; or a site, with none or many. Raises
    InvalidInput for a server that is not there.
    """
    called = {_called(sites, guest): guest for guest in _guests(params)}
    found: dict[str, Guest] = {}
    for target in targets:
        found |= _named(called, sites, target)
    return found


def begin(params: LabParams, guests: Mapping[str, Guest], kind: str, told: Mapping[str, object]) -> None:
    """Make it befall all of these at once. Raises Failed with the first that it did not; it befell the others."""
    _each(params, guests, lambda hosts, which: hosts.ask("fault", id=which.id, kind=kind, told=dict(told)))


def end(params: LabParams, guests: Mapping[str, Guest]) -> None:
    """End every fault of these. One without power stays off: Nova starts it."""
    _each(params, guests, lambda hosts, which: hosts.ask("mend", id=which.id))


def power_cut(params: LabParams, region: str) -> None:
    """Every guest of the region loses its power at once."""
    guests = {guest.hostname: guest for guest in _guests(params) if guest.region == region}
    _each(params, guests, lambda hosts, which: hosts.ask("stop", id=which.id, patience_s=0))


def without_power(params: LabParams, guests: Mapping[str, Guest]) -> list[Guest]:
    """Those of them that a fault keeps off."""
    life = Life(HostsFolder(params))
    return [
        guest
        for guest in guests.values()
        if any(one.kind == befallen.POWER_OFF for one in befallen.standing(life, guest.id))
    ]


def standing(params: LabParams, sites: Sequence[Site]) -> dict[str, list[Befallen]]:
    """The faults of each guest that has any, by what it is called. Needs no root."""
    life = Life(HostsFolder(params))
    found = {_called(sites, guest): list(befallen.standing(life, guest.id)) for guest in _guests(params)}
    return {name: faults for name, faults in sorted(found.items()) if faults}


def _guests(params: LabParams) -> list[Guest]:
    kept = (folder.kept() for folder in HostsFolder(params).all())
    return [guest for guest in kept if guest is not None]


def _called(sites: Sequence[Site], guest: Guest) -> str:
    site = next((site.id for site in sites if site.region == guest.region), guest.region)
    return f"{guest.hostname}:{site}"


def _named(called: Mapping[str, Guest], sites: Sequence[Site], target: str) -> dict[str, Guest]:
    name, _, where = target.partition(":")
    site = next((one for one in sites if (where or name) in one.names), None)
    if where and site is None:
        raise InvalidInput(f"server {target}", f"no site is called {where}", f"It is {' or '.join(_ids(sites))}.")
    found = {
        key: guest
        for key, guest in called.items()
        if (site is None or guest.region == site.region)
        and (guest.hostname == name or (site is not None and not where))
    }
    if not found and (where or site is None):
        known = ", ".join(sorted(called)) or "none: `asty up --hosts` makes them"
        raise InvalidInput(f"server {target}", "no such server runs in the lab", f"It has {known}.")
    return found


def _told(server: str, error: HostError) -> AstyError:
    """As the hosts' side said it."""
    if not error.said:
        return Failed(server, str(error), "Run `asty lab up`.")
    said = error.said
    kind = {ExitCode.INVALID: InvalidInput, ExitCode.REFUSED: Refused}.get(ExitCode(said["exit"]), Failed)
    thing = server if said["thing"].startswith("server ") else f"{server}: {said['thing']}"
    return kind(thing, said["problem"], said["remedy"])


def _ids(sites: Sequence[Site]) -> list[str]:
    return [site.id for site in sites]


def _each(params: LabParams, guests: Mapping[str, Guest], work: Callable[[Hosts, Guest], object]) -> None:
    """Of all of them at once; the first error is raised when all are done."""
    hosts = Hosts(str(params.hosts_socket), _PATIENCE_S)

    def attempt(one: tuple[str, Guest]) -> AstyError | None:
        try:
            work(hosts, one[1])
        except HostError as error:
            return _told(f"server {one[0]}", error)
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        errors = [error for error in pool.map(attempt, guests.items()) if error is not None]
    if errors:
        raise errors[0]
