"""Octavia's provider without amphorae: virtual addresses are real Neutron ports, the rest settles by itself."""
# ruff: noqa: ANN401 - what OpenStack hands over is untyped

import logging
import threading
from typing import Any

import sqlalchemy as sa
from octavia.api.drivers.noop_driver import driver as noop
from octavia.common import utils
from octavia.db import api as db_api
from octavia.db import models, repositories
from octavia_lib.api.drivers import exceptions

LOG = logging.getLogger(__name__)
_PERIOD_S = 0.25
_PENDING = ("PENDING_CREATE", "PENDING_UPDATE")
_DELETED = ("PENDING_DELETE",)
_CHILDREN = (
    ("l7rule", models.L7Rule),
    ("l7policy", models.L7Policy),
    ("member", models.Member),
    ("health_monitor", models.HealthMonitor),
    ("listener", models.Listener),
    ("pool", models.Pool),
)
"""Children before parents, as they are deleted and made active."""


class LabProvider(noop.NoopProviderDriver):
    """Octavia's own provider without a data plane, but Octavia makes the port of the virtual address."""

    def create_vip_port(self, *_: Any, **__: Any) -> None:
        raise exceptions.NotImplementedError


class Settler:
    """Turns what is pending into what was asked: the part of Octavia's worker and health manager."""

    def __init__(self) -> None:
        self.repositories = repositories.Repositories()
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(_PERIOD_S):
            try:
                self.settle(db_api.get_session())
            except Exception:  # the next round tries again; a load balancer that stays pending shows it
                LOG.exception("load balancers could not be settled")

    def settle(self, session: Any) -> None:
        """One round; over at once where no load balancer is pending, as Octavia locks it for any change of its parts.

        The load balancers are listed first: one seen pending here has its pending children committed too.
        Plain SELECT takes no lock; rows are then updated by primary key, as a scanning UPDATE deadlocks
        with the API.
        """
        with session.begin():
            balancers = self._ids(session, models.LoadBalancer, _PENDING)
            locked = balancers or self._ids(session, models.LoadBalancer, _DELETED)
        if locked:
            self._settle(session, balancers)
        session.close()

    def _settle(self, session: Any, balancers: list[str]) -> None:
        self._delete_children(session)
        self._delete_balancers(session)
        for _, model in _CHILDREN:
            with session.begin():
                pending = self._ids(session, model, _PENDING)
            self._activate(session, model, pending)
        self._activate(session, models.LoadBalancer, balancers)

    def _ids(self, session: Any, model: Any, states: tuple[str, ...]) -> list[str]:
        return list(session.scalars(sa.select(model.id).where(model.provisioning_status.in_(states))))

    def _activate(self, session: Any, model: Any, ids: list[str]) -> None:
        for identity in ids:
            with session.begin():
                values = {"provisioning_status": "ACTIVE", "operating_status": "ONLINE"}
                session.execute(sa.update(model.__table__).where(model.__table__.c.id == identity).values(values))

    def _delete_children(self, session: Any) -> None:
        for name, model in _CHILDREN:
            with session.begin():
                for identity in self._ids(session, model, _DELETED):
                    getattr(self.repositories, name).delete(session, id=identity)

    def _delete_balancers(self, session: Any) -> None:
        with session.begin():
            dead = [
                (identity, self.repositories.load_balancer.get(session, id=identity).vip)
                for identity in self._ids(session, models.LoadBalancer, _DELETED)
            ]
        for identity, address in dead:
            utils.get_network_driver().deallocate_vip(address)
            with session.begin():
                self.repositories.load_balancer.update(session, identity, provisioning_status="DELETED")
