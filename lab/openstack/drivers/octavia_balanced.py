"""Load balancers that really balance: Octavia's database on one side, the agent on the machine below on the other.

What Octavia declares goes to the agent (lab.balancing) over a folder. A change is ACTIVE once the agent tells that the
load balancer runs with it, ERROR where the agent tells that it cannot; what is deleted goes once the agent has let go
of it. The agent's operating statuses reach the database by the way that is meant for providers (DriverUpdater). While
no agent runs, changes stay pending, as they do where Octavia's own workers are away.
"""
# ruff: noqa: ANN401 - what OpenStack hands over is untyped

import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from octavia.api.drivers.driver_agent.driver_updater import DriverUpdater
from octavia.db import models
from octavia_lib.api.drivers import exceptions

from lab.openstack.drivers.exchange import Exchange
from lab.openstack.drivers.octavia_declared import LEAVING, declared, openings, unsupported
from lab.openstack.drivers.octavia_driver import LabProvider, Settler
from lab.openstack.drivers.octavia_vip import open_port

_PENDING = ("PENDING_CREATE", "PENDING_UPDATE", LEAVING)
_WHOLE_S = 30.0
"""Between two looks at the whole database, whatever anybody said."""
_KINDS = {
    "members": models.Member,
    "healthmonitors": models.HealthMonitor,
    "pools": models.Pool,
    "l7rules": models.L7Rule,
    "l7policies": models.L7Policy,
    "listeners": models.Listener,
    "loadbalancers": models.LoadBalancer,
}
"""As the status API names them; children before parents."""
_WATCHED = {kind: model for kind, model in _KINDS.items() if not kind.startswith("l7")}


class Balanced(Settler):
    """Settles what the agent in `folder` has taken up, and carries its statuses into the database."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._exchange = Exchange(folder)
        self._exchange.open()
        self._updater = DriverUpdater()
        self._whole_at = 0.0

    def settle(self, session: Any) -> None:
        """The pending load balancers are listed first: what is then read of one holds its pending children, too."""
        with session.begin():
            pending = self._ids(session, models.LoadBalancer, _PENDING)
        heard = self._exchange.told.news()
        whole = time.monotonic() >= self._whole_at
        if pending or heard or whole:
            self._look(session, pending)
        if whole:
            self._whole_at = time.monotonic() + _WHOLE_S
        session.close()

    def _look(self, session: Any, pending: list[str]) -> None:
        with session.begin():
            rows = session.scalars(sa.select(models.LoadBalancer).where(models.LoadBalancer.id.in_(_standing(session))))
            standing = {row.id: declared(row) for row in rows}
        self._exchange.wanted.write({"balancers": [standing[key] for key in sorted(standing)]})
        told = self._exchange.told.read()
        if told is None:
            return
        found = told["balancers"]
        for identity in pending:
            if identity not in standing and identity not in found:
                self._settle_one(session, identity, ready="DELETED")
            elif identity in standing and found.get(identity, {}).get("revision") == standing[identity]["revision"]:
                self._settle_one(session, identity, ready="ERROR" if found[identity]["error"] else "ACTIVE")
        self._report(session, [one["statuses"] for one in found.values()])

    def _settle_one(self, session: Any, identity: str, ready: str) -> None:
        """Everything of a load balancer that is pending becomes `ready`, and what is being deleted goes."""
        with session.begin():
            row = session.get(models.LoadBalancer, identity)
            states, port, wide, others = _states(row), row.vip.port_id, openings(row), list(row.vip.sg_ids)
        if ready == "ACTIVE":
            open_port(port, identity, wide, others)
        update: dict[str, list[dict[str, str]]] = {}
        for kind, one, state in states:
            if ready == "DELETED" or state in _PENDING:
                becomes = "DELETED" if state == LEAVING else ready
                update.setdefault(kind, []).append({"id": one, "provisioning_status": becomes})
        self._send(update)

    def _report(self, session: Any, told: list[dict[str, dict[str, str]]]) -> None:
        """Only what is otherwise in the database, and only of what is still there."""
        update: dict[str, list[dict[str, str]]] = {}
        for kind, model in _WATCHED.items():
            with session.begin():
                known = dict(session.execute(sa.select(model.id, model.operating_status)).all())
            for one, status in (item for statuses in told for item in statuses.get(kind, {}).items()):
                if one in known and known[one] != status:
                    update.setdefault(kind, []).append({"id": one, "operating_status": status})
        self._send(update)

    def _send(self, update: dict[str, list[dict[str, str]]]) -> None:
        answer = self._updater.update_loadbalancer_status(update)
        if answer.get("status_code") != 200:  # noqa: PLR2004 - octavia_lib: everything was taken
            raise RuntimeError(f"the status API refused an update: {answer}")


def _standing(session: Any) -> list[str]:
    """The load balancers that are there and not on their way out."""
    gone = ("DELETED", LEAVING)
    return list(
        session.scalars(sa.select(models.LoadBalancer.id).where(models.LoadBalancer.provisioning_status.not_in(gone)))
    )


def _states(balancer: Any) -> list[tuple[str, str, str]]:
    """Kind, id and provisioning status of everything that belongs to a load balancer, and of itself."""
    policies = [policy for listener in balancer.listeners for policy in listener.l7policies]
    parts = {
        "members": [member for pool in balancer.pools for member in pool.members],
        "healthmonitors": [pool.health_monitor for pool in balancer.pools if pool.health_monitor],
        "pools": balancer.pools,
        "l7rules": [rule for policy in policies for rule in policy.l7rules],
        "l7policies": policies,
        "listeners": balancer.listeners,
        "loadbalancers": [balancer],
    }
    return [(kind, row.id, row.provisioning_status) for kind in _KINDS for row in parts[kind]]


class BalancedProvider(LabProvider):
    """Refuses at once what HAProxy cannot do, with the reason, instead of taking it and doing nothing."""

    def loadbalancer_create(self, loadbalancer: Any) -> None:
        for pool in loadbalancer.pools or ():
            self.pool_create(pool)
        for listener in loadbalancer.listeners or ():
            self.listener_create(listener)

    def listener_create(self, listener: Any) -> None:
        _refuse(unsupported(listener=listener.protocol or ""))
        if listener.client_authentication and listener.client_authentication != "NONE":
            _refuse("This provider does not ask clients for certificates.")
        if listener.l7policies:
            self.l7policy_create(listener.l7policies[0])
        if listener.default_pool:
            self.pool_create(listener.default_pool)

    def listener_update(self, old_listener: Any, new_listener: Any) -> None:  # noqa: ARG002 - Octavia's signature
        self.listener_create(new_listener)

    def pool_create(self, pool: Any) -> None:
        _refuse(unsupported(pool=pool.protocol or "", algorithm=pool.lb_algorithm or ""))
        if pool.healthmonitor:
            self.health_monitor_create(pool.healthmonitor)

    def pool_update(self, old_pool: Any, new_pool: Any) -> None:  # noqa: ARG002 - Octavia's signature
        self.pool_create(new_pool)

    def health_monitor_create(self, healthmonitor: Any) -> None:
        _refuse(unsupported(monitor=healthmonitor.type or ""))

    def l7policy_create(self, l7policy: Any) -> None:  # noqa: ARG002 - Octavia's signature
        _refuse("This provider does not offer L7 policies.")


def _refuse(why: str | None) -> None:
    if why:
        raise exceptions.UnsupportedOptionError(user_fault_string=why, operator_fault_string=why)
