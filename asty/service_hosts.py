"""The hosts of a service at both sites, for the verbs that work on them; work goes on at many of them at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypedDict, TypeVar

import click

from asty import lab_access
from asty.screen import Screen
from asty.workspace import Workspace
from city.errors import Failed, InvalidInput
from city.model.city import City
from city.model.services import Workload
from infra.hosts.access import Stop
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached, hosts
from infra.reach import connection
from infra.stacks import Program, Stack, stacks
from network.at_once import at_once

AT_ONCE = 32
Done = TypeVar("Done")
Verb = TypeVar("Verb", bound=Callable[..., object])


class Way(TypedDict):
    """To which hosts, and how, as the options of `by_ssh` were given."""

    sites: tuple[str, ...]
    user: str
    identity: Path | None


_OPTIONS = (
    click.option("--site", "sites", multiple=True, metavar="ID", help="Only there; else at each site with a cloud."),
    click.option("--user", default="root", show_default=True, help="As whom."),
    click.option(
        "--identity",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The private key that opens them; else those of the SSH agent.",
    ),
)


def by_ssh(verb: Verb) -> Verb:
    """The options of every verb that works on hosts."""
    for option in reversed(_OPTIONS):
        verb = option(verb)
    return verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """`missing` are servers, or whole sites, that cannot be asked."""

    hosts: tuple[Host, ...]
    missing: tuple[Unreached, ...]


def workload(city: City, service: str) -> Workload:
    """Raises InvalidInput for a service that the city does not have, or that has no hosts."""
    known = {one.id: one for one in city.services}
    if service not in known:
        raise InvalidInput(f"service {service}", "the city has none of this name", f"It has {', '.join(known)}.")
    found = known[service].workload
    if found is None:
        remedy = "Declare its workload in services.yaml first."
        raise InvalidInput(f"service {service}", "it is not in the cloud, and so has no hosts", remedy)
    return found


def choose(workspace: Workspace, city: City, service: str, sites: Sequence[str]) -> Chosen:
    """Asks the cloud of each site; of all, where none is named. Raises InvalidInput, and Failed where no host is."""
    wanted = _stacks(city, sites)
    clouds = lab_access.params(workspace).clouds_yaml
    with ThreadPoolExecutor(len(wanted)) as pool:
        told = pool.map(lambda stack: hosts(stack.site, partial(connection, stack, clouds), service), wanted)
        found = [one for site in told for one in site]
    if not found:
        where = " and ".join(stack.site for stack in wanted)
        raise Failed(f"service {service}", f"it has no server at {where}", "`asty apply` makes what is declared.")
    return Chosen(
        hosts=tuple(one for one in found if isinstance(one, Host)),
        missing=tuple(one for one in found if isinstance(one, Unreached)),
    )


def on_each(chosen: Chosen, work: Callable[[Host], Done], title: str, screen: Screen, stop: Stop) -> dict[str, Done]:
    """What came of it, by host, in the order of the hosts. Ctrl-C ends what runs: `stop` is set."""
    tasks = {str(host): partial(work, host) for host in chosen.hosts}
    with screen.counting(title, len(tasks)) as advance:
        done = at_once(tasks, AT_ONCE, lambda name, _: advance(name), stop)
    return {name: done[name] for name in tasks}


def _stacks(city: City, sites: Sequence[str]) -> list[Stack]:
    standing = {stack.site: stack for stack in stacks(city) if stack.program is Program.WORKLOADS}
    if strange := [site for site in sites if site not in standing]:
        raise InvalidInput(f"site {strange[0]}", "no cloud is there", f"There is {', '.join(standing)}.")
    return [stack for site, stack in standing.items() if not sites or site in sites]
