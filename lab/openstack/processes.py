"""The processes of a region: what is run, under which environment."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from lab.daemon import Daemon
from lab.openstack.spec import RegionSpec
from lab.params import Api

_DRIVERS = "lab.openstack.drivers"
_ENTRY_POINTS = """\
[neutron.ml2.mechanism_drivers]
lab = lab.openstack.drivers.neutron_driver:LabMechanismDriver

[octavia.api.drivers]
lab = lab.openstack.drivers.{provider}
"""
_PROVIDERS = {False: "octavia_driver:LabProvider", True: "octavia_balanced:BalancedProvider"}
"""Without and with hosts behind the load balancers."""
NAMES: Mapping[str, Api] = {api.name.lower(): api for api in Api}
"""Every service process, with the API that shows whether it answers."""


def variables(spec: RegionSpec, environment: Path) -> dict[str, str]:
    """Only what the services need: nothing of the caller's environment, least of all its proxies."""
    etc = str(spec.etc)
    return {
        "PATH": f"{environment}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(spec.folder),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(spec.python_path),
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",  # a fifth of the memory, with many threads
        "OS_KEYSTONE_CONFIG_DIR": etc,
        "OS_KEYSTONE_CONFIG_FILES": "keystone.conf",
        "OS_PLACEMENT_CONFIG_DIR": etc,
        "OS_GLANCE_CONFIG_DIR": etc,
        "OS_NOVA_CONFIG_DIR": etc,
        "OS_NOVA_CONFIG_FILES": "api-paste.ini;nova.conf",
        "OS_NOVA_DISABLE_EVENTLET_PATCHING": "1",
        "OS_NEUTRON_CONFIG_DIR": etc,
        "OS_NEUTRON_CONFIG_FILES": "neutron.conf;ml2_conf.ini",
        "OS_DESIGNATE_CONFIG_DIR": f"{etc}/designate",
    }


def service(spec: RegionSpec, environment: Path, name: str) -> Daemon:
    """The process that answers for one API."""
    return Daemon(
        name=f"{spec.name} {name}",
        argv=(str(environment / "bin" / "python"), "-m", *_arguments(spec)[name]),
        pid_file=spec.pid_file(name),
        log=spec.logs / f"{name}.out",
        cwd=spec.folder,
        env=variables(spec, environment),
    )


def _arguments(spec: RegionSpec) -> dict[str, tuple[str, ...]]:
    def port(api: Api) -> str:
        return str(spec.port(api))

    return {
        "keystone": (f"{_DRIVERS}.serve", "keystone.wsgi.api", port(Api.KEYSTONE), "8"),
        "placement": (f"{_DRIVERS}.serve", "placement.wsgi.api", port(Api.PLACEMENT), "4"),
        "glance": (f"{_DRIVERS}.serve", "glance.wsgi.api", port(Api.GLANCE), "6"),
        "neutron": (f"{_DRIVERS}.serve", "neutron.wsgi.api", port(Api.NEUTRON), "8"),
        "cinder": (f"{_DRIVERS}.cinder_process", str(spec.etc / "cinder.conf")),
        "nova": (f"{_DRIVERS}.nova_process", port(Api.NOVA), ",".join(spec.all_hosts)),
        "designate": (f"{_DRIVERS}.designate_process", port(Api.DESIGNATE), "ns1.lab.invalid.", *_names(spec)),
        "octavia": (
            f"{_DRIVERS}.octavia_process",
            port(Api.OCTAVIA),
            str(spec.etc / "octavia.conf"),
            *_balancing(spec),
        ),
    }


def _names(spec: RegionSpec) -> tuple[str, ...]:
    """The folder over which Designate talks to the agent of the name server (lab.names); none where none runs."""
    return (str(spec.names),) if spec.params.hosts else ()


def _balancing(spec: RegionSpec) -> tuple[str, ...]:
    """The same of Octavia and the agent of the load balancers (lab.balancing)."""
    return (str(spec.balancing),) if spec.params.hosts else ()


def lend_drivers(spec: RegionSpec) -> None:
    """Make our drivers importable by the services, and nothing else of the folder that we stand in."""
    package = Path(__file__).resolve().parents[1]
    distribution = spec.python_path / "asty_lab-1.dist-info"
    distribution.mkdir(mode=0o700, parents=True, exist_ok=True)
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: asty-lab\nVersion: 1\n", encoding="ascii")
    (distribution / "entry_points.txt").write_text(
        _ENTRY_POINTS.format(provider=_PROVIDERS[spec.params.hosts]), encoding="ascii"
    )
    link = spec.python_path / package.name
    link.unlink(missing_ok=True)
    link.symlink_to(package, target_is_directory=True)


def user() -> str:
    """Who runs the lab, by the name that the kernel's user database has for it."""
    return pwd.getpwuid(os.geteuid()).pw_name
