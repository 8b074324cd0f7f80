"""Designate in one process: `python -m lab.openstack.drivers.designate_process PORT NAME_SERVER [FOLDER]`.

API, central, and in place of worker and producer what they would report: with FOLDER, what the agent of a real name
server tells there (designate_served); without, a name server that took every change. Zones and records live in
Designate's database.
"""
# ruff: noqa: ANN401 - what OpenStack hands over is untyped

import logging
import sys
import threading
from pathlib import Path
from typing import Any

import designate.conf
import oslo_messaging
from designate import objects, rpc
from designate.api import wsgi
from designate.central import service as central_service
from designate.context import DesignateContext

from lab.openstack.drivers import workers
from lab.openstack.drivers.designate_served import Served, Silent
from lab.openstack.drivers.serve import serve

CONF = designate.conf.CONF
LOG = logging.getLogger(__name__)
_ANSWER_S = 0.2
_SERIALS_S = 0.5
_VERSION = "1.2"


class Worker:
    """Answers for the name servers, a moment later: central must have ended its own transaction."""

    target = oslo_messaging.Target(version=_VERSION)

    def __init__(self, central: Any, context: Any) -> None:
        self.central, self.context = central, context

    def create_zone(self, _context: Any, zone: Any) -> None:
        self._took(zone)

    def update_zone(self, _context: Any, zone: Any) -> None:
        self._took(zone)

    def delete_zone(self, _context: Any, zone: Any, hard_delete: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - Designate's signature
        self._took(zone)

    def _took(self, zone: Any) -> None:
        answer = (self.context, zone.id, "SUCCESS", zone.serial)
        threading.Timer(_ANSWER_S, self.central.update_status, answer).start()


def declare_name_server(central: Any, context: Any, name_server: str) -> None:
    """A pool without a name server takes no zones."""
    pool = central.storage.get_pool(context, CONF["service:central"].default_pool_id)
    if not pool.ns_records:
        record = objects.PoolNsRecord(priority=1, hostname=name_server)
        pool.ns_records = objects.PoolNsRecordList(objects=[record])
        central.storage.update_pool(context, pool)


def increment_serials(central: Any, context: Any) -> None:
    """The producer's task: a changed zone gets its next serial number."""
    pause = threading.Event()
    while not pause.wait(_SERIALS_S):
        try:
            for zone in central.find_zones(context, {"increment_serial": True}):
                if zone.action != "DELETE":
                    serial = central.increment_zone_serial(context, zone)
                    central.update_status(context, zone.id, "SUCCESS", serial)
        except Exception:  # the next round tries again; a zone that stays pending shows it
            LOG.exception("serial numbers could not be incremented")


class Listener(Silent):
    target = oslo_messaging.Target(version=_VERSION)


def main(port: str, name_server: str, folder: str = "") -> None:
    sys.argv = ["designate"]
    workers.rest()
    application = wsgi.init_application()
    central = central_service.Service()
    central.start()
    context = DesignateContext.get_admin_context(all_tenants=True)
    target = oslo_messaging.Target(topic=CONF["service:worker"].topic, server=CONF.host)
    rpc.get_server(target, [Listener() if folder else Worker(central, context)]).start()
    declare_name_server(central, context, name_server)
    if folder:
        Served(central, context, Path(folder)).start()
    else:
        threading.Thread(target=increment_serials, args=(central, context), name="serials", daemon=True).start()
    serve(application, int(port), threads=6)


if __name__ == "__main__":
    main(*sys.argv[1:])
