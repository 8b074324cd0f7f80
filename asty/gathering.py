"""What readiness needs of the other rooms: the sites as they answer, what infra places, and proof of the state."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from pulumi.automation import CommandError, StackNotFoundError

from asty.declared_sites import declaration
from city.errors import AstyError
from city.model.city import City
from city.model.places import SiteRole
from drs.compared import Sites, StackEvidence, provided
from drs.databases import Databases
from drs.site import OpenStackSite, SiteView
from drs.vaults import Vaults
from infra.healing import export
from infra.passphrase import fits, salt_of
from infra.plan import plain
from infra.project import Project
from infra.stacks import Stack, stacks

_IMAGE = "openstack:images/image:Image"


def views(city: City, clouds: Path) -> tuple[SiteView, SiteView]:
    """The data centre and the recovery site, as clouds.yaml reaches them."""
    datacentre, recovery = (
        OpenStackSite(site=city.site_of(role).id, cloud=role.value, clouds=clouds)
        for role in (SiteRole.DATACENTRE, SiteRole.RECOVERY)
    )
    return datacentre, recovery


def observe(  # noqa: PLR0913, PLR0917 - whom to ask
    city: City,
    stacks: tuple[StackEvidence, ...],
    views: tuple[SiteView, SiteView],
    at: datetime,
    databases: Databases | None = None,
    vaults: Vaults | None = None,
) -> Sites:
    """Both sites at once, the data centre first: a site that is gone costs its timeout and no more.

    Where `databases` is given, the hosts of databases are asked at the same time; and where `vaults` is, the vaults.
    """
    datacentre, recovery = views
    with ThreadPoolExecutor(4) as pool:
        there, here = pool.submit(datacentre.observe), pool.submit(recovery.observe)
        asked = pool.submit(databases) if databases else None
        kept = pool.submit(vaults) if vaults else None
        return Sites(
            city=city,
            at=at,
            stacks=stacks,
            declared_there=declaration(city, SiteRole.DATACENTRE),
            declared_here=declaration(city, SiteRole.RECOVERY),
            datacentre=there.result(),
            recovery=here.result(),
            databases=asked.result() if asked else (),
            vaults=kept.result() if kept else (),
            provided=provided(city, stacks),
        )


def evidence(city: City, project: Project) -> tuple[StackEvidence, ...]:
    """Every stack of the recovery site, opened with nothing but that site's state and passphrase."""
    return tuple(_opened(stack, project) for stack in _of_recovery(stacks(city)))


def _of_recovery(found: Iterable[Stack]) -> list[Stack]:
    return [stack for stack in found if stack.role is SiteRole.RECOVERY]


def _opened(stack: Stack, project: Project) -> StackEvidence:
    try:
        deployment = export(stack, project)
        passphrase = project.passphrase.read_text(encoding="utf-8").strip()
    except StackNotFoundError:
        return _closed(stack, f"no state of it is in {project.state}")
    except CommandError as error:
        return _closed(stack, plain(str(error)).rpartition("error: ")[2])
    except AstyError as error:
        return _closed(stack, error.problem)
    except OSError as error:
        return _closed(stack, f"its passphrase cannot be read ({error.strerror})")
    salt = salt_of(deployment)
    if salt is not None and not fits(passphrase, salt):
        return _closed(stack, "the passphrase kept there is not its own")
    resources = deployment.get("resources") or ()
    images = frozenset(one["inputs"]["name"] for one in resources if one.get("type") == _IMAGE)
    return StackEvidence(stack=stack.name, readable=True, resources=len(resources), images=images)


def _closed(stack: Stack, reason: str) -> StackEvidence:
    return StackEvidence(stack=stack.name, readable=False, resources=0, reason=reason)
