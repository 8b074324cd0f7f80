"""The stand-in for hardware: up, down, status, wipe, fault."""

import sys

import click

from asty import lab_access, workers
from asty.call import Call, hosts_option, json_option
from asty.city_data import load
from asty.workers import WORKERS
from city.errors import ExitCode, InvalidInput, Refused
from lab import lab
from lab.faults import Fault, names
from lab.lab import Lab
from network.selection import select

_CLEAR = "clear"


def _lab(call: Call, *, hosts: bool | None = None) -> Lab:
    return lab_access.lab(call.prepared(), load(call.workspace.city_folder), hosts=hosts)


@click.group("lab")
def command() -> None:
    """Two OpenStack regions, a fleet of devices, a real router and a real SNMP agent, on this machine."""


@command.command("up")
@hosts_option
@json_option
@click.pass_obj
def up(call: Call, *, hosts: bool | None) -> ExitCode:
    """Start it, or what of it does not run; returns when every part works. State is as it was left.

    JSON: exit_code.
    """
    with call.screen.step("lab"):
        _lab(call, hosts=lab_access.to_have_hosts(call.workspace, hosts)).up(call.screen.line)
    return ExitCode.DONE


@command.command("down")
@json_option
@click.pass_obj
def down(call: Call) -> ExitCode:
    """Stop it; its state stays. JSON: exit_code."""
    with call.screen.step("lab down"):
        lab.down(lab_access.params(call.workspace))
    return ExitCode.DONE


@command.command("wipe")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def wipe(call: Call, *, yes: bool) -> ExitCode:
    """Stop it and remove all that it holds: clouds, devices, passwords. Not the ledger, nor Pulumi's state.

    JSON: exit_code.
    """
    folder = call.workspace.lab_root
    if not yes and not (sys.stdin.isatty() and click.confirm(f"Remove {folder}?", err=True)):
        raise Refused(f"lab folder {folder}", "nobody said that it may go; nothing was done", "Give --yes.")
    with call.screen.step("lab wipe"):
        lab.wipe(lab_access.params(call.workspace))
    return ExitCode.DONE


@command.command("status")
@json_option
@click.pass_obj
def status(call: Call) -> ExitCode:
    """Each process of the lab, then the poller and the dashboard, which `asty up` starts beside it.

    Then the faults that stand. Exit 1 where a part of the lab is down. JSON: parts (name, state, address, pid,
    memory_mb), hosts (whether the clouds' servers really run), workers (name, state, pid), faults (target, kind,
    told: what the fault was told besides).
    """
    there = _lab(call)
    parts, seen = there.status(), [workers.seen(call.workspace, worker) for worker in WORKERS]
    servers = "really run" if there.params.hosts else "are records of the clouds alone: nothing runs behind them"
    width = max((len(part.name) for part in parts), default=0)
    lines = [f"{part.state:7} {part.name:{width}} {part.memory_mb:8.1f} MB  {part.address}" for part in parts]
    faults: list[dict[str, object]] = [
        {"target": target, "kind": one.kind, "told": dict(one.told)}
        for target, standing in there.standing().items()
        for one in standing
    ]
    call.screen.result(
        {"parts": [part.as_json() for part in parts], "hosts": there.params.hosts, "workers": seen, "faults": faults},
        [
            *lines,
            f"servers: they {servers}",
            *(f"{worker['name']}: {worker['state']}" for worker in seen),
            *(_fault_line(fault) for fault in faults),
        ],
    )
    return ExitCode.DONE if parts and all(part.state == "up" for part in parts) else ExitCode.FAILED


def _fault_line(fault: dict[str, object]) -> str:
    told = fault["told"]
    words = [f"{name}={value}" for name, value in told.items()] if isinstance(told, dict) else []
    return " ".join([f"fault: {fault['target']} {fault['kind']}", *words])


@command.command("fault")
@click.argument("kind", type=click.Choice([*names(), _CLEAR]))
@click.argument("targets", nargs=-1)
@click.option("--select", "selection", multiple=True, metavar="KEY=VALUE,...", help="Devices, as `asty push` has it.")
@click.option("--latency-s", type=float, help="slow, slow-disk: seconds before each answer.")
@click.option("--loss", type=float, help="losing: the share of packets that get lost, 0 to 1.")
@click.option("--line", help="rejecting: a line of configuration with this in it is rejected.")
@click.option("--after-lines", type=int, help="rebooting: once it took so many more lines, one at least.")
@click.option("--service", help="service-down, api-503: which of the region's services.")
@click.option("--unit", help="process-killed: a unit of systemd, as `systemctl` names it.")
@json_option
@click.pass_obj
def fault(call: Call, /, kind: str, targets: tuple[str, ...], selection: tuple[str, ...], **told: object) -> ExitCode:
    """Make KIND befall TARGETS: devices, servers or a site. `clear` ends every fault of TARGETS.

    \b
    Devices, by their ids:
      off                 without power, which is all that a real router can be made
      wrong-credentials   it knows others than we have
      slow, losing, rejecting, rebooting    as their options say
    The link between the sites, `link`, or `link:SITE` for what goes to that site alone:
      off, slow, losing
    Servers, by name (portal-1), at one site (portal-1:SITE), or all of a SITE:
      power-off           silent; Nova sees it within 5 s, and can start the server
      freeze              it does nothing and holds its connections; Nova sees nothing
      full-disk           not a byte is free on its disk and its volumes
      slow-disk           each request to them takes --latency-s
      process-killed      every process of --unit, which does not start again by itself
      memory-exhausted    the kernel ends whoever asks for more
      certificate-expired the host's own, for half an hour
    A site:
      region-off          all of it, silently: line, cloud, servers
      service-down        one --service of its cloud ends
      api-503             one --service of its cloud answers 503
      dns-refuses         its resolver refuses every question

    A fault of a server ends with its reboot, but for a full disk; `asty lab up` ends those of a site's cloud.
    `asty lab status` names what stands. JSON: exit_code.
    """
    ours = _lab(call)
    chosen = (*targets, *(device.id for device in (select(ours.city, selection) if selection else ())))
    if not chosen:
        raise InvalidInput("fault", "it has no target", "Name devices, servers or a site, or use --select.")
    if kind == _CLEAR:
        ours.clear(chosen, call.screen.line)
    else:
        ours.fault(Fault(kind=kind, targets=chosen, **told), call.screen.line)  # type: ignore[arg-type]  # each by its option's type
    return ExitCode.DONE
