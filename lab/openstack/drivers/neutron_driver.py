"""Neutron's mechanism driver: what agents on real hosts would report is reported at once."""
# ruff: noqa: ANN401 - what OpenStack hands over is untyped

from typing import Any

from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib.api.definitions import portbindings
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins import constants as plugins
from neutron_lib.plugins import directory
from neutron_lib.plugins.ml2 import api

_ROUTER_PORTS = {constants.DEVICE_OWNER_ROUTER_INTF, constants.DEVICE_OWNER_ROUTER_GW}


class LabMechanismDriver(api.MechanismDriver):
    """Every port is bound as soon as it is asked for; floating addresses and router ports are up with it."""

    def initialize(self) -> None:
        for event in (events.AFTER_CREATE, events.AFTER_UPDATE):
            registry.subscribe(self._floating_ip_settled, resources.FLOATING_IP, event)
        registry.subscribe(self._router_port_up, resources.PORT, events.AFTER_CREATE)

    @property
    def connectivity(self) -> str:
        return str(portbindings.CONNECTIVITY_L2)

    def bind_port(self, context: Any) -> None:
        context.set_binding(
            context.segments_to_bind[0][api.ID],
            portbindings.VIF_TYPE_OVS,
            {portbindings.CAP_PORT_FILTER: True, portbindings.OVS_HYBRID_PLUG: False},
            status=constants.PORT_STATUS_ACTIVE,
        )

    def _floating_ip_settled(self, _resource: Any, _event: Any, _trigger: Any, payload: Any = None) -> None:
        """ACTIVE while it points to a port, DOWN otherwise: the L3 agent's report.

        In the caller's own session: another would wait for its row lock when a port goes with its address.
        """
        address = payload.latest_state or {}
        address_id = address.get("id") or address.get("floatingip_id") or payload.resource_id
        if not address_id:
            return
        points = address.get("port_id") or address.get("fixed_port_id")
        status = constants.FLOATINGIP_STATUS_ACTIVE if points else constants.FLOATINGIP_STATUS_DOWN
        context = payload.context.elevated() if payload.context else neutron_context.get_admin_context()
        directory.get_plugin(plugins.L3).update_floatingip_status(context, address_id, status)

    def _router_port_up(self, _resource: Any, _event: Any, _trigger: Any, payload: Any = None) -> None:
        port = payload.latest_state
        if port.get("device_owner") in _ROUTER_PORTS:
            directory.get_plugin().update_port_status(
                payload.context.elevated(), port["id"], constants.PORT_STATUS_ACTIVE
            )
