"""What the drills of a workspace have moved: no plan turns it back."""

import json
from collections.abc import Collection, Iterator
from contextlib import suppress

from asty.drill_folder import drills_of
from asty.workspace import Workspace
from city.errors import AstyError
from city.model.places import SiteRole
from drs.drill.folder import Drills
from drs.drill.leading import Led, leading

_CLOUDS = (SiteRole.DATACENTRE, SiteRole.RECOVERY)
_SITES = {SiteRole.DATACENTRE: "the data centre", SiteRole.RECOVERY: "the recovery site"}
_STAYS = "its name, and the port of its database, stay as that drill left them"


def led(drills: Drills) -> tuple[Led, ...]:
    """Raises Tampered, Forgotten, Astray, InvalidInput where one cannot be read: nobody knows then what it moved."""
    return leading((kept.name, kept.shared().run) for kept in drills.every())


def settings(workspace: Workspace) -> dict[str, str]:
    """For the programs of the stacks (infra.settings): at which sites the name of each service is a drill's.

    Of a drill that cannot be read nothing is said here: `asty plan` and `asty apply` refuse for it.
    """
    with suppress(AstyError):
        if found := led(drills_of(workspace)):
            return {
                "led-away": json.dumps(
                    {one.service: [role.value for role in _CLOUDS if one.away(role)] for one in found}
                )
            }
    return {}


def lines(found: Collection[Led]) -> Iterator[str]:
    for one in found:
        since = f"since drill {one.drill} ({one.since:%Y-%m-%d %H:%M} UTC)"
        if one.held:
            yield f"{one.service} is on its way {since}, which did not come to its end: {_STAYS}"
        else:
            yield f"{one.service} is led at {_SITES[one.role]} {since}: {_STAYS}"


def as_json(found: Collection[Led]) -> list[dict[str, object]]:
    return [
        {
            "service": one.service,
            "site": one.role.value,
            "drill": one.drill,
            "since": one.since.isoformat(),
            "held": one.held,
        }
        for one in found
    ]
