"""Cinder in one process, on eventlet: `python -m lab.openstack.drivers.cinder_process CONFIG`.

API, scheduler and one volume service per back end (availability zone).
"""
# ruff: noqa: ANN401, E402 - OpenStack is untyped; eventlet has to patch the standard library before any other import

import eventlet

eventlet.monkey_patch()

import threading

import __original_module_threading as original_threading  # eventlet's copy of the unpatched module

original_threading.current_thread.__globals__["_active"] = threading._active  # type: ignore[attr-defined]  # noqa: SLF001 - as cinder.cmd does: forked threads are found

import shlex
import sys
from pathlib import Path
from typing import Any

import os_brick
from cinder import context, coordination, i18n, objects, rpc, service, utils, version

i18n.enable_lazy()
from cinder.cmd import volume as volume_command  # registers backend_host
from cinder.common import config, constants
from oslo_config import cfg
from oslo_log import log
from oslo_privsep import priv_context

from lab.openstack.drivers.front import UNAVAILABLE, Front

CONF = cfg.CONF


def prepare(config_file: str) -> None:
    objects.register_all()
    CONF(["--config-file", config_file], project="cinder", version=version.version_string())
    config.set_middleware_defaults()
    log.setup(CONF, "cinder")
    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    os_brick.setup(CONF)
    coordination.COORDINATOR.start()
    rpc.init(CONF)
    service.Service.report_state = report_state


def report_state(self: Any) -> None:
    """A heartbeat of this very service.

    Cinder keeps the id on the class, so that of several services in a process only the last would report.
    """
    found = objects.Service.get_by_args(context.get_admin_context(), self.host, self.binary)
    found.report_count += 1
    found.save(retry=False)


def start_all() -> None:
    """Volumes before the scheduler, which would wait for them."""
    for backend in CONF.enabled_backends:
        CONF.register_opt(volume_command.host_opt, group=backend)
        service.Service.create(
            host=f"{CONF.host}@{backend}", service_name=backend, binary=constants.VOLUME_BINARY, coordination=True
        ).start()
    service.Service.create(binary="cinder-scheduler").start()
    api = service.WSGIService("osapi_volume")
    api.server.app = Front(api.server.app, Path(UNAVAILABLE, str(CONF.osapi_volume_listen_port)))
    api.start()


def main(config_file: str) -> None:
    prepare(config_file)
    start_all()
    while True:
        eventlet.sleep(3600)


if __name__ == "__main__":
    main(sys.argv[1])
