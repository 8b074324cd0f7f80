"""Both sites as they stand now, each asked for what it is, compared with nothing yet."""

from datetime import UTC, datetime

from asty import gathering, lab_access
from asty.call import Call
from city.model.city import City
from drs.compared import Sites
from drs.databases import Databases
from drs.vaults import Vaults


def look(call: Call, city: City, asked: Databases | None = None, kept: Vaults | None = None) -> Sites:
    """With databases and vaults where whoever asks them is given."""
    workspace = call.prepared()
    with call.screen.step("opening the recovery site's stacks"):
        stacks = gathering.evidence(city, lab_access.project(workspace, call.screen.line))
    with call.screen.step("asking both sites"):
        views = gathering.views(city, lab_access.params(workspace).clouds_yaml)
        return gathering.observe(city, stacks, views, datetime.now(UTC), asked, kept)
