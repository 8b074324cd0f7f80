"""Nova in one process, on native threads: `python -m lab.openstack.drivers.nova_process PORT HOST[,HOST...]`.

API, conductor, scheduler and one compute service per host. The order of imports is Nova's own:
its threading has to be chosen before anything else of it is imported.
"""
# ruff: noqa: E402 - the threading has to be chosen before Nova is imported

import os
import shlex
import sys
from pathlib import Path
from typing import Any

os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "1"
from nova import monkey_patch

monkey_patch.patch(backend="threading")

import nova.conf
import nova.virt
import nova.virt.node
import os_brick
import os_vif
from nova import context, objects, service, utils
from nova.api.openstack import wsgi_app
from nova.compute import rpcapi as compute_rpcapi
from nova.conductor import rpcapi as conductor_rpcapi
from nova.objects import host_mapping
from nova.scheduler import rpcapi as scheduler_rpcapi
from nova.virt import block_device
from oslo_privsep import priv_context

from lab.openstack.drivers import nova_driver, nova_hosts_driver, workers
from lab.openstack.drivers.serve import serve

CONF = nova.conf.CONF
DRIVERS = {"lab": nova_driver, "lab_hosts": nova_hosts_driver}
"""`compute_driver = lab.LabDriver`: Nova looks for drivers below nova.virt only."""


class OurHosts:
    """Nova's configuration, in which `host` is each compute host of this process.

    Nova asks the driver to detach a volume only where its server is at the `host` of the process.
    """

    def __init__(self, hosts: list[str]) -> None:
        self.host = AnyOf(hosts)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - Nova's
        return getattr(CONF, name)


class AnyOf:
    """Equal to each of these names."""

    def __init__(self, names: list[str]) -> None:
        self._names = frozenset(names)

    def __eq__(self, name: object) -> bool:
        return name in self._names

    def __hash__(self) -> int:
        return hash(self._names)


def prepare(hosts: list[str]) -> None:
    """Read the configuration and make the drivers known."""
    block_device.CONF = OurHosts(hosts)
    for name, module in DRIVERS.items():
        sys.modules[f"nova.virt.{name}"] = module
        setattr(nova.virt, name, module)
    config = str(Path(os.environ["OS_NOVA_CONFIG_DIR"]) / "nova.conf")
    wsgi_app.init_global_data([config], "osapi_compute", "nova")
    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    os_brick.setup(CONF)
    os_vif.initialize()
    objects.Service.enable_min_version_cache()
    if nova.virt.node.read_local_node_uuid() is None:  # nodes have their own; Nova asks that one exists
        nova.virt.node.write_local_node_uuid(nova_driver.node_uuid("local"))


def start(binary: str, **options: str) -> service.Service:
    started = service.Service.create(binary=binary, **options)
    started.start()
    return started


def start_all(hosts: list[str]) -> list[service.Service]:
    """Everything but the API. The services must be kept: they end when they are collected."""
    started = [
        start("nova-conductor", topic=conductor_rpcapi.RPC_TOPIC),
        start("nova-scheduler", topic=scheduler_rpcapi.RPC_TOPIC),
    ]
    for host in hosts:
        CONF.set_override("host", host)
        topics = {"topic": compute_rpcapi.RPC_TOPIC, "topic_alt": compute_rpcapi.RPC_TOPIC_ALT}
        started.append(start("nova-compute", host=host, **topics))
    CONF.clear_override("host")
    host_mapping.discover_hosts(context.get_admin_context())
    return started


def main(port: str, hosts: str) -> None:
    sys.argv = ["nova"]
    workers.rest()
    prepare(hosts.split(","))
    _kept = start_all(hosts.split(","))
    serve(wsgi_app.init_application("osapi_compute", "nova"), int(port), threads=8)


if __name__ == "__main__":
    main(*sys.argv[1:])
