"""The lab's network as a part of the lab: one agent of root's for both regions. Its face to the rest of the lab.

Where a machine does not let root make network namespaces, or its kernel shows bridged packets to no rule, the network
is left out and said so: nothing filters and nothing forwards there, and nothing pretends to.
"""

import json
from pathlib import Path

from city.errors import Failed
from lab import daemon
from lab.agent import Agent
from lab.left_out import LeftOut
from lab.net import holder, kernel, names
from lab.net.agent import address, tell
from lab.net.backbone import GATE, lookup
from lab.net.carrier import relay
from lab.net.machine import ROOT
from lab.openstack.environment import environment_folder
from lab.params import LabParams
from lab.part import Part
from lab.real import namespaces
from lab.system import Need, Report, ensure

AGENT = Agent(name="net", keeps="the network between servers", module="lab.net")
NEEDS = (
    Need(package="iproute2", why="bridges, cables and routers of the lab's network", shown_by=Path("/usr/sbin/ip")),
    Need(package="nftables", why="the rules of the clouds' security groups", shown_by=Path("/usr/sbin/nft")),
)
_TRY = (
    *("/usr/bin/unshare", "--net", "/bin/sh", "-c"),
    "cd /proc/sys/net/bridge || modprobe br_netfilter; test -e /proc/sys/net/bridge/bridge-nf-call-iptables",
)
"""A constant script: a namespace in which a bridge shows its packets to the rules."""


def lacking() -> LeftOut | None:
    """Why there can be no network here; None where there can be one."""
    remedy = "Run where root has CAP_SYS_ADMIN and the kernel has br_netfilter."
    return namespaces.lacking(AGENT.keeps, _TRY, "this machine filters no bridges in namespaces", remedy)


def up(params: LabParams, report: Report) -> LeftOut | None:
    """Start the agent, if it does not run; returns after its first round. Both regions must be up.

    Raises Failed where it ends or cannot do its work; returns why there is no network where the machine allows none.
    """
    if not AGENT.runs(params):
        if found := lacking():
            report(str(found))
            return found
        ensure(NEEDS, report)
        address(params).parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # ours, though the agent is root's
        address(params).unlink(missing_ok=True)
        AGENT.start(params, str(environment_folder() / "bin" / "python"))
    said: dict[str, object] = {}
    AGENT.wait(params, lambda: _first_round(params, said))
    report(f"network: {len(names_of(params))} namespaces, {said['steps']} steps")
    return None


def _first_round(params: LabParams, said: dict[str, object]) -> bool:
    """Whether the agent has told of a round, into `said`. Raises Failed where the agent cannot do its work."""
    remedy = f"Read {AGENT.log(params)}."
    try:
        said.update(tell(params))
    except (FileNotFoundError, ConnectionError):
        return False
    except (OSError, json.JSONDecodeError) as error:
        raise Failed(AGENT.keeps, f"its agent does not answer ({error})", remedy) from error
    if said["problems"]:
        raise Failed(AGENT.keeps, "; ".join(map(str, said["problems"])), remedy)  # type: ignore[call-overload]
    return True


def down(params: LabParams) -> None:
    """End the agent and the relay, and remove everything that they made. Raises Failed with what could not be."""
    if AGENT.runs(params) or daemon.find(relay(params)) is not None or leftovers(params):
        AGENT.end(params)
    address(params).unlink(missing_ok=True)


def status(params: LabParams) -> tuple[Part, ...]:
    """The agent, the relay while one is needed, and whatever has no owner; nothing where there never was a network."""
    carrier = Part.of(relay(params).stem, relay(params))
    return (
        *AGENT.parts(params, str(address(params))),
        *([carrier] if carrier.pid else []),
        *map(Part.unowned, leftovers(params)),
    )


def leftovers(params: LabParams) -> tuple[str, ...]:
    """What of this lab's network is on the machine although no agent owns it."""
    if AGENT.runs(params) or holder.another(params) is not None:
        return ()
    gate, own = names.place(params, GATE), lookup(params)
    link = [f"interface {gate}"] if (Path("/sys/class/net") / gate).exists() else []
    rule = [f"routing rule from {own.source}"] if own in kernel.read(ROOT).lookups else []
    return (*(f"network namespace {name}" for name in names_of(params)), *link, *rule)


def names_of(params: LabParams) -> list[str]:
    """The namespaces that are this lab's network's own."""
    return sorted(holder.own(params))
