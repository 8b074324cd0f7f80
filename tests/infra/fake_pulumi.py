"""A `pulumi` that tells the events which a test gave it, over Pulumi's own protocol, and ends as the test says."""

import json
import sys
from pathlib import Path
from typing import Any

from infra.project import Project
from infra.stacks import Stack

_PROGRAM = """\
#!{python}
import json, os, signal, sys
if "version" in sys.argv:
    print("v3.259.0")
    sys.exit()
with open({script!r}, encoding="utf-8") as file:
    events, ends = json.load(file)
import grpc
from pulumi.runtime.proto import events_pb2, events_pb2_grpc
address = sys.argv[sys.argv.index("--event-log") + 1].removeprefix("tcp://")
with grpc.insecure_channel(address) as channel:
    requests = (events_pb2.EventRequest(event=json.dumps(event)) for event in events)
    events_pb2_grpc.EventsStub(channel).StreamEvents(requests)
if ends == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(ends)
"""


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:lab::asty::asty:infra:Workload$openstack:{kind}::{name}"


def began(op: str, urn: str) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": {"op": op, "urn": urn, "type": urn.split("::")[2]}}}


def ended(op: str, urn: str) -> dict[str, Any]:
    return {"resOutputsEvent": {"metadata": {"op": op, "urn": urn, "type": urn.split("::")[2]}}}


def done(op: str, urn: str) -> list[dict[str, Any]]:
    return [began(op, urn), ended(op, urn)]


def error(message: str, urn: str = "") -> dict[str, Any]:
    return {"diagnosticEvent": {"message": message, "urn": urn, "severity": "error", "color": "raw"}}


def summary() -> dict[str, Any]:
    """What ends a preview that went well."""
    return {"summaryEvent": {"maybeCorrupt": False, "durationSeconds": 1, "resourceChanges": {}, "policyPacks": {}}}


def project(folder: Path, stack: Stack, *events: dict[str, Any], ends: int | str = 0) -> Project:
    """A project whose stack is made and empty, and whose pulumi does this: `ends` is its exit code, or "killed"."""
    script, program = folder / "script.json", folder / "bin" / "pulumi"
    script.write_text(json.dumps([events, ends]), encoding="utf-8")
    program.parent.mkdir()
    program.write_text(_PROGRAM.format(python=sys.executable, script=str(script)), encoding="utf-8")
    program.chmod(0o700)
    made = Project(
        folder=folder / "pulumi",
        city=folder,
        clouds=folder / "clouds.yaml",
        path_entries=(program.parent,),
        plugin_home=folder,
    )
    made.stack_files.mkdir(parents=True)
    checkpoint = made.checkpoint(stack.name)
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {}}}), encoding="utf-8")
    return made
