"""What readiness sends a person to do, where a plan would leave a thing as it is."""

import json
import re
import subprocess
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from drs import mending
from drs.observed import SeenSite, known
from tests.drs.twins import RECOVERY, assessed, twins, whole

CLIENT = "openstack --os-cloud recovery"


def troubled(part: str, name: str, trouble: str) -> SeenSite:
    site = whole(RECOVERY)
    things = tuple(
        replace(one, trouble=trouble, **({"ready": False} if hasattr(one, "ready") else {}))
        if one.name == name
        else one
        for one in known(getattr(site, part))
    )
    return replace(site, **{part: things})  # type: ignore[arg-type]  # any part


@pytest.mark.parametrize(
    ("site", "subject", "command"),
    [
        (troubled("servers", "identity-2", "SHUTOFF"), "servers of identity", "server start identity-2"),
        (troubled("servers", "portal-1", "ERROR"), "servers of portal", "server reboot --hard portal-1"),
        (troubled("servers", "portal-1", "VERIFY_RESIZE"), "servers of portal", "server resize revert portal-1"),
        (troubled("servers", "portal-1", "RESCUE"), "servers of portal", "server unrescue portal-1"),
        (troubled("servers", "portal-1", "SUSPENDED"), "servers of portal", "server resume portal-1"),
        (troubled("servers", "portal-1", "SHELVED_OFFLOADED"), "servers of portal", "server unshelve portal-1"),
        (troubled("ports", "portal-1", "off"), "servers of portal", "port set --enable portal-1"),
        (
            troubled("volumes", "iot-platform-1-data", "error"),
            "data volumes of iot-platform",
            "volume set --state available iot-platform-1-data",
        ),
        (troubled("balancers", "portal", "ERROR"), "load balancers of portal", "loadbalancer failover portal"),
        (troubled("balancers", "portal", "off"), "load balancers of portal", "loadbalancer set --enable portal"),
        (troubled("routers", "recovery", "off"), "router recovery", "router set --enable recovery"),
    ],
)
def test_a_thing_in_a_state_that_a_plan_leaves_alone_has_a_command_of_its_own(
    site: SeenSite, subject: str, command: str
) -> None:
    (gap,) = [gap for gap in assessed(twins(recovery=site)).gaps if gap.subject == subject]
    assert f"{CLIENT} {command}" in gap.remedy
    assert "asty plan" not in gap.remedy


@pytest.mark.usefixtures("with_databases")
def test_a_database_that_is_off_and_cut_off_is_told_as_fenced_and_not_started_by_hand_first() -> None:
    """As a drill leaves it: its server is off, and so is its port."""
    off = troubled("servers", "portal-db", "SHUTOFF")
    cut = tuple(replace(one, trouble="off") if one.name == "portal-db" else one for one in known(off.ports))
    fenced = replace(off, ports=cut)
    for site, wanted in ((off, f"`{CLIENT} server start portal-db`"), (fenced, "portal-db is off and cut off")):
        (gap,) = [g for g in assessed(twins(recovery=site)).gaps if g.subject == "host of database portal"]
        assert gap.remedy.startswith(wanted)
    assert gap.remedy.index("by a failback") < gap.remedy.index("server start portal-db")


def test_a_volume_in_error_that_a_server_has_is_never_called_available() -> None:
    """Cinder deletes what is available; what a server writes to is in use."""
    (gap,) = [
        gap
        for gap in assessed(twins(recovery=troubled("volumes", "portal-1-data", "error"))).gaps
        if gap.subject == "data volumes of portal"
    ]
    assert f"{CLIENT} volume set --state in-use portal-1-data" in gap.remedy


@pytest.mark.parametrize("off", [("portal",), ("portal-80",), ("portal", "portal-80")])
def test_a_listener_that_is_off_is_switched_on_by_its_own_name(off: tuple[str, ...]) -> None:
    """A service with two ports has two listeners, and one of them has the balancer's name."""
    (balancer,) = [one for one in known(whole(RECOVERY).balancers) if one.name == "portal"]
    (first,) = balancer.listeners
    listeners = [replace(first, name="portal"), replace(first, name="portal-80", port=80)]
    troubled = tuple(replace(one, trouble="off" if one.name in off else "") for one in listeners)
    site = replace(whole(RECOVERY), balancers=(replace(balancer, listeners=troubled),))
    (gap,) = [gap for gap in assessed(twins(recovery=site)).gaps if gap.subject == "load balancers of portal"]
    assert gap.remedy == "; ".join(f"`{CLIENT} loadbalancer listener set --enable {name}`" for name in off)


@pytest.mark.parametrize("state", ["BUILD", "MIGRATING", "RESIZE"])
def test_a_server_that_is_on_its_way_is_waited_for(state: str) -> None:
    assert mending.server("recovery", "portal-1", state).startswith(f"portal-1 is in {state}: wait")


def test_what_is_missing_goes_back_to_the_plan() -> None:
    site = replace(whole(RECOVERY), servers=())
    (gap,) = [gap for gap in assessed(twins(recovery=site)).gaps if gap.subject == "servers of portal"]
    assert gap.remedy == "Run `asty plan` and apply it."


def test_a_switched_off_network_and_an_open_port_name_what_closes_them() -> None:
    site = whole(RECOVERY)
    subnets = tuple(replace(one, trouble="off") for one in known(site.subnets))
    ports = tuple(replace(one, guarded=False) for one in known(site.ports))
    gaps = {
        gap.subject: gap.remedy for gap in assessed(twins(recovery=replace(site, subnets=subnets, ports=ports))).gaps
    }
    assert gaps["network application"] == f"`{CLIENT} network set --enable recovery-application`"
    groups = "--security-group portal --security-group recovery-management"
    assert gaps["port portal-1"] == f"`{CLIENT} port set --enable-port-security --no-security-group {groups} portal-1`"


@pytest.mark.parametrize(
    "groups", [frozenset(), frozenset({"portal"}), frozenset({"portal", "recovery-management", "open"})]
)
def test_a_port_with_other_groups_is_given_exactly_its_own(groups: frozenset[str]) -> None:
    """A plan says nothing of it: Pulumi's provider never reads which groups a port has."""
    ports = tuple(
        replace(one, groups=groups) if one.name == "portal-1" else one for one in known(whole(RECOVERY).ports)
    )
    found = assessed(twins(recovery=replace(whole(RECOVERY), ports=ports))).gaps
    (gap,) = [gap for gap in found if gap.subject == "port portal-1"]
    wanted = "--no-security-group --security-group portal --security-group recovery-management"
    assert gap.remedy == f"`{CLIENT} port set {wanted} portal-1`"


COMMAND = re.compile(r"[`=\s]openstack(?: --os-cloud \S+)?((?: [a-z]+)+)")
REPOSITORY = Path(__file__).parents[2]
STATES = ("ERROR", "PAUSED", "RESCUE", "SHELVED", "SHUTOFF", "SOFT_DELETED", "SUSPENDED", "VERIFY_RESIZE", "BUILD")


def sent_to_do() -> set[str]:
    """By remedies of things in trouble, by other messages and by manuals: the words after the cloud's name."""
    remedies = [mending.server("recovery", "A", state) for state in STATES]
    remedies += [mending.volume("recovery", "A", state, attached=False) for state in ("error", "creating")]
    remedies += [mending.balancer("recovery", "A", state) for state in ("ERROR", "off")]
    remedies += [mending.fenced("recovery", "A"), mending.port("recovery", "A", frozenset("g"), guarded=True)]
    files = [*(REPOSITORY / "docs").glob("*.md"), *(REPOSITORY / "drs" / "checks").glob("*.py")]
    told = [" ".join(text.split()) for text in (*remedies, *(file.read_text(encoding="utf-8") for file in files))]
    return {match.strip() for text in told for match in COMMAND.findall(text) if " import" not in match}


def test_every_command_of_the_openstack_client_that_anybody_is_sent_to_is_one_that_asty_brings() -> None:
    program = Path(sysconfig.get_path("scripts")) / "openstack"
    listed = subprocess.run([program, "command", "list", "-f", "json"], capture_output=True, text=True, check=True)
    brought = {command for group in json.loads(listed.stdout) for command in group["Commands"]}
    wanted = sent_to_do()
    assert {"server resize revert", "loadbalancer failover", "volume snapshot create"} <= wanted
    assert [one for one in sorted(wanted) if not any(f"{one} ".startswith(f"{had} ") for had in brought)] == []
