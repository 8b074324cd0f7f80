"""A city that is brought up and down for a test: two services of the example, in a project of its own.

Flavours and zone have names that no other test's have.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from city.load import load
from city.model.city import City
from city.outcome import Outcome
from infra import automation, preparing
from infra.checkpoint import protected
from infra.plan import StackPlan
from infra.project import Project
from infra.settings import ROOT
from infra.stacks import Stack, stacks
from lab import pulumi_tools
from lab.params import LabParams

KEPT = ("identity", "portal")
SITE, WORKLOADS, RECOVERY = "lab-datacentre", "lab-workloads-datacentre", "lab-recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The city is what its files say now, and the project what Pulumi keeps of it."""

    project: Project
    city: City

    def stack(self, name: str) -> Stack:
        return next(stack for stack in stacks(self.city) if stack.name == name)

    def up(self, name: str) -> list[Outcome]:
        stack = self.stack(name)
        preparing.prepare(stack, self.project, print)
        return automation.up(stack, self.project, print)

    def preview(self, name: str) -> StackPlan:
        stack = self.stack(name)
        preparing.prepare(stack, self.project)
        return automation.preview(stack, self.project)

    def destroy(self, name: str) -> list[Outcome]:
        return automation.destroy(self.stack(name), self.project, print)

    @property
    def program(self) -> str:
        return shutil.which("pulumi", path=self.project.environment(os.environ)["PATH"]) or ""

    def pulumi(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Plain `pulumi` from the repository's root, as after `eval "$(asty env)"`."""
        return subprocess.run(
            [self.program, *words, "--non-interactive"],
            cwd=ROOT,
            env=self.project.environment(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )

    def configure(self, stack: str, key: str, reason: str = "a test") -> None:
        done = self.pulumi("config", "set", "--stack", stack, "--path", f"asty:{key}", reason)
        assert done.returncode == 0, done.stderr

    @property
    def services(self) -> Path:
        return self.project.city / "services.yaml"

    def declared(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.services.read_text(encoding="utf-8"))[service]
        return found

    def declare(self, **changes: object) -> None:
        """Puts these services into the city's data; None takes one out."""
        declared = {**yaml.safe_load(self.services.read_text(encoding="utf-8")), **changes}
        left = {name: service for name, service in declared.items() if service is not None}
        self.services.write_text(yaml.safe_dump(left, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def release(self, service: str = "*") -> None:
        self.configure(WORKLOADS, f"release-volumes.{service}")
        self.up(WORKLOADS)

    def release_site(self, name: str) -> None:
        self.configure(name, "release-site")
        self.up(name)

    def end(self) -> None:
        """Takes everything away again, however far it came."""
        if self.project.checkpoint(WORKLOADS).exists():
            if protected(self.project.checkpoint(WORKLOADS)):
                self.release()
            self.destroy(WORKLOADS)
        if self.project.checkpoint(SITE).exists():
            self.release_site(SITE)
            self.destroy(SITE)


def begin(folder: Path, params: LabParams) -> Trial:
    """Nothing of it stands yet. `folder` takes the copy of the city and all that Pulumi keeps."""
    city = folder / "city"
    shutil.copytree(ROOT / "cities" / "example", city)
    for name in ("platform.yaml", "services.yaml"):
        _replace(city / name, small="trial-small", medium="trial-medium")
    _replace(city / "city.yaml", **{"dns_zone: example.test.": "dns_zone: trial.test."})
    tools = pulumi_tools.ensure(print)
    project = Project(
        folder=folder / "pulumi",
        city=city,
        clouds=params.clouds_yaml,
        path_entries=tools.path_entries,
        plugin_home=tools.plugin_home,
    )
    found = Trial(project=project, city=load(city))
    declared = {name: _alone(found.declared(name)) for name in KEPT}
    found.declare(**{**dict.fromkeys(service.id for service in found.city.services), **declared})
    return found


def _alone(service: dict[str, Any]) -> dict[str, Any]:
    """A service that the world reaches, and that needs no other and no database."""
    flows = [{"source": "world", "port": 443}]
    kept = {key: value for key, value in service.items() if key not in {"database", "backup"}}
    return {**kept, "depends_on": [], "workload": {**service["workload"], "flows": flows}}


def _replace(file: Path, **words: str) -> None:
    text = file.read_text(encoding="utf-8")
    for old, new in words.items():
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
