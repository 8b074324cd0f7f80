"""Nova's compute driver: servers are remembered over a restart, and nothing runs behind them."""
# ruff: noqa: ANN401 - what OpenStack hands over is untyped

import uuid
from typing import Any

from nova import context as nova_context
from nova import objects
from nova.compute import power_state
from nova.virt import fake

_NAMESPACE = uuid.UUID("5a9c1d1e-0d0b-5c55-9a55-a57500000001")


def node_uuid(node: str) -> str:
    """The same uuid for the same node at each start, or Nova takes it for another machine."""
    return str(uuid.uuid5(_NAMESPACE, node))


class LabDriver(fake.FakeDriver):
    """Nova's own in-memory driver with room for a city, stable nodes and a memory."""

    vcpus, memory_mb, local_gb = 256, 1024 * 1024, 100_000

    def init_host(self, host: str) -> None:
        super().init_host(host)
        context = nova_context.get_admin_context()
        for instance in objects.InstanceList.get_by_host(context, host, expected_attrs=["flavor"]):
            self._remember(instance)

    def _remember(self, instance: Any) -> None:
        state = power_state.RUNNING if instance.vm_state == "active" else power_state.SHUTDOWN
        self.instances[instance.uuid] = fake.FakeInstance(instance.name, state, instance.uuid)
        flavor = instance.flavor
        self.resources.claim(vcpus=flavor.vcpus, mem=flavor.memory_mb, disk=flavor.root_gb)

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:  # noqa: ARG002, FBT001, FBT002 - Nova's signature
        return {node_uuid(node): node for node in self.get_available_nodes()}

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        resource: dict[str, Any] = super().get_available_resource(nodename)
        return resource and {**resource, "uuid": node_uuid(nodename)}

    def detach_interface(self, context: Any, instance: Any, vif: Any) -> None:
        self._interfaces.setdefault(vif["id"], vif)  # attached before a restart
        super().detach_interface(context, instance, vif)
