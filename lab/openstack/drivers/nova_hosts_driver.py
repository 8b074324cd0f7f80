"""Nova's compute driver where servers really run: each is a guest of lab.hosts, and Nova says what the guest does."""
# ruff: noqa: ANN401, ARG002, FBT001, FBT002, PLR0913, PLR0917 - what OpenStack hands over is untyped, and these are
# Nova's signatures

import logging
import threading
import time
from pathlib import PurePosixPath
from typing import Any

from nova import context as nova_context
from nova import exception, objects
from nova.api.metadata import base as metadata
from nova.compute import power_state, task_states
from nova.image import glance
from nova.network import model
from nova.virt import event as virtual_event
from nova.virt import hardware
from oslo_config import cfg

from lab.openstack.drivers.hosts import HostError, Hosts, changes
from lab.openstack.drivers.nova_driver import LabDriver

LOG = logging.getLogger(__name__)
CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.StrOpt("hosts", help="The socket at which the lab's hosts are asked for."),
        cfg.StrOpt("region", help="The region of which the servers are."),
    ],
    group="lab",
)
_POWER = {"running": power_state.RUNNING, "paused": power_state.PAUSED, "stopped": power_state.SHUTDOWN}
_EVENTS = {
    "running": virtual_event.EVENT_LIFECYCLE_STARTED,
    "paused": virtual_event.EVENT_LIFECYCLE_PAUSED,
    "stopped": virtual_event.EVENT_LIFECYCLE_STOPPED,
}
_ORDERLY_S = 60
_AGAIN_S = 1.0
_DRIVE = "openstack/latest/"


def volumes(block_device_info: Any) -> list[dict[str, str]]:
    """Where each volume appears: the folder that its metadata name as `mount`, else one by its device, /mnt/vdb."""
    mapped = (block_device_info or {}).get("block_device_mapping") or []
    return [volume(one["connection_info"], one["mount_device"]) for one in mapped]


def volume(connection_info: Any, device: str) -> dict[str, str]:
    data = connection_info["data"]
    return {"id": data["volume_id"], "place": data.get("mount") or f"/mnt/{PurePosixPath(device).name}"}


def name_servers(network_info: Any) -> list[str]:
    subnets = [subnet for interface in network_info or [] for subnet in interface["network"]["subnets"]]
    return list(dict.fromkeys(server["address"] for subnet in subnets for server in subnet["dns"]))


def drive(instance: Any, injected_files: Any, network_info: Any) -> dict[str, str]:
    """Nova's own config drive, of its latest version, with the addresses that a guest has: nobody leases any here."""
    told = metadata.InstanceMetadata(instance, content=injected_files, network_info=without_dhcp(network_info))
    files = ((path, data) for path, data in told.metadata_for_config_drive() if path.startswith(_DRIVE))
    return {path: data.decode(errors="replace") if isinstance(data, bytes) else data for path, data in files}


def without_dhcp(network_info: Any) -> Any:
    """The same networks: where one has DHCP, Nova would tell its guests to ask for their addresses, and not which."""
    if network_info is None:
        return None
    network_info.wait()
    static = model.NetworkInfo.hydrate(network_info.json())
    for subnet in (subnet for interface in static for subnet in interface["network"]["subnets"]):
        for key in ("dhcp_server", "enable_dhcp"):
            subnet["meta"].pop(key, None)
    return static


class HostsDriver(LabDriver):
    """A server runs when its guest does; what the lab's hosts cannot do, Nova says so."""

    def __init__(self, virtapi: Any, read_only: bool = False) -> None:
        super().__init__(virtapi, read_only)
        self.hosts = Hosts(CONF.lab.hosts)

    def init_host(self, host: str) -> None:
        super().init_host(host)
        self._remove_unknown()
        threading.Thread(target=self._listen, name=f"news of {host}", daemon=True).start()

    def _remove_unknown(self) -> None:
        """Guests whose servers were deleted while Nova was away.

        The guests are asked for first: a server has its row before it has its guest.
        """
        found = self.hosts.ask("states", region=CONF.lab.region)
        wanted = (
            {one.uuid for one in objects.InstanceList.get_all(nova_context.get_admin_context())} if found else set()
        )
        for guest in found.keys() - wanted:
            LOG.warning("no server has the guest %s: it is deleted", guest)
            self.hosts.ask("delete", id=guest)

    def _listen(self) -> None:
        """Tell Nova of what a guest did by itself; what Nova asked for it knows, and ignores."""
        last: dict[str, str] = {}
        while True:
            try:
                for guest, state in changes(self.hosts.news(CONF.lab.region), last):
                    if state in _EVENTS and guest in self.instances:
                        self.emit_event(virtual_event.LifecycleEvent(guest, _EVENTS[state]))
            except (OSError, ValueError) as error:
                LOG.warning("no news of the lab's hosts: %s", error)
            time.sleep(_AGAIN_S)

    def default_root_device_name(self, instance: Any, image_meta: Any, root_bdm: Any) -> str:
        """As KVM names the disks of its virtio bus, of which the first volume is vdb."""
        return "/dev/vda"

    def spawn(
        self,
        context: Any,
        instance: Any,
        image_meta: Any,
        injected_files: Any,
        admin_password: Any,
        allocations: Any,
        network_info: Any = None,
        block_device_info: Any = None,
        power_on: bool = True,
        accel_info: Any = None,
    ) -> None:
        super().spawn(
            context, instance, image_meta, injected_files, admin_password, allocations, network_info,
            block_device_info, power_on, accel_info,
        )  # fmt: skip
        try:
            self.hosts.ask(
                "create", guest=self._guest(context, instance, injected_files, network_info, block_device_info)
            )
        except HostError as error:
            raise exception.BuildAbortException(instance_uuid=instance.uuid, reason=str(error)) from error

    def _guest(
        self, context: Any, instance: Any, injected_files: Any, network_info: Any, devices: Any
    ) -> dict[str, Any]:
        if not instance.image_ref:
            raise HostError("the lab's hosts start from an image of Glance, not from a volume")
        image = glance.API().get(context, instance.image_ref)
        return {
            "id": instance.uuid,
            "region": CONF.lab.region,
            "compute_host": instance.host,
            "hostname": instance.hostname,
            "image": {"id": image["id"], "algorithm": image["os_hash_algo"], "digest": image["os_hash_value"]},
            "memory_mb": instance.flavor.memory_mb,
            "disk_gb": instance.flavor.root_gb,
            "drive": drive(instance, injected_files, network_info),
            "name_servers": name_servers(network_info),
            "volumes": volumes(devices),
        }

    def destroy(
        self, context: Any, instance: Any, network_info: Any, block_device_info: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        """A server that goes on at another compute host, after a resize that is taken back, keeps its guest."""
        if instance.task_state == task_states.RESIZE_REVERTING:
            self.hosts.ask("stop", id=instance.uuid, patience_s=0)
        elif instance.host in {None, self._host}:
            self.hosts.ask("delete", id=instance.uuid)
        super().destroy(context, instance, network_info, block_device_info, *args, **kwargs)

    def get_info(self, instance: Any, use_cache: bool = True) -> Any:
        state = self.hosts.ask("state", id=instance.uuid)
        if state is None:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        return hardware.InstanceInfo(state=_POWER[state])

    def power_off(self, instance: Any, timeout: int = 0, retry_interval: int = 0) -> None:
        self.hosts.ask("stop", id=instance.uuid, patience_s=timeout)
        super().power_off(instance, timeout, retry_interval)

    def power_on(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        accel_info: Any = None,
        share_info: Any = None,
    ) -> None:
        self._start(instance, network_info, block_device_info)
        super().power_on(context, instance, network_info, block_device_info, accel_info, share_info)

    def _start(self, instance: Any, network_info: Any, block_device_info: Any) -> None:
        self.hosts.ask(
            "start", id=instance.uuid, volumes=volumes(block_device_info), name_servers=name_servers(network_info)
        )

    def resume_state_on_host_boot(
        self, context: Any, instance: Any, network_info: Any, share_info: Any, block_device_info: Any = None
    ) -> None:
        self.power_on(context, instance, network_info, block_device_info)

    def reboot(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        reboot_type: str,
        block_device_info: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        patience = _ORDERLY_S if reboot_type.lower() == "soft" else 0
        self.hosts.ask("stop", id=instance.uuid, patience_s=patience)
        self.power_on(context, instance, network_info, block_device_info)

    def pause(self, instance: Any) -> None:
        self.hosts.ask("pause", id=instance.uuid)

    def unpause(self, instance: Any) -> None:
        self.hosts.ask("unpause", id=instance.uuid)

    def suspend(self, context: Any, instance: Any) -> None:
        raise NotImplementedError

    def snapshot(self, context: Any, instance: Any, image_id: Any, update_task_state: Any) -> None:
        raise NotImplementedError

    def swap_volume(self, *_: Any) -> None:
        raise NotImplementedError

    def get_console_output(self, context: Any, instance: Any) -> bytes:
        """Of a text Nova would take only Latin-1; bytes it reads as UTF-8."""
        return str(self.hosts.ask("console", id=instance.uuid)).encode()

    def attach_volume(
        self, context: Any, connection_info: Any, instance: Any, mountpoint: str, *args: Any, **kwargs: Any
    ) -> None:
        self.hosts.ask("attach", id=instance.uuid, volume=volume(connection_info, mountpoint))
        super().attach_volume(context, connection_info, instance, mountpoint, *args, **kwargs)

    def detach_volume(
        self, context: Any, connection_info: Any, instance: Any, mountpoint: str, encryption: Any = None
    ) -> None:
        try:
            self.hosts.ask("detach", id=instance.uuid, volume_id=connection_info["data"]["volume_id"])
        except HostError as error:
            raise exception.DeviceDetachFailed(device=mountpoint, reason=str(error)) from error
        super().detach_volume(context, connection_info, instance, mountpoint, encryption)

    def migrate_disk_and_power_off(
        self,
        context: Any,
        instance: Any,
        dest: Any,
        flavor: Any,
        network_info: Any,
        block_device_info: Any = None,
        timeout: int = 0,
        retry_interval: int = 0,
    ) -> str:
        if flavor.root_gb < instance.flavor.root_gb:
            raise exception.InstanceFaultRollback(exception.ResizeError(reason="a disk never shrinks"))
        self.hosts.ask("stop", id=instance.uuid, patience_s=timeout)
        super().migrate_disk_and_power_off(
            context, instance, dest, flavor, network_info, block_device_info, timeout, retry_interval
        )
        return ""

    def finish_migration(
        self,
        context: Any,
        migration: Any,
        instance: Any,
        disk_info: Any,
        network_info: Any,
        image_meta: Any,
        resize_instance: bool,
        allocations: Any,
        block_device_info: Any = None,
        power_on: bool = True,
    ) -> None:
        super().spawn(context, instance, image_meta, None, None, allocations, network_info, block_device_info, power_on)
        self._resized(instance, network_info, block_device_info, power_on=power_on)

    def confirm_migration(self, context: Any, migration: Any, instance: Any, network_info: Any) -> None:
        """The guest is the same one: only this compute host no longer counts it."""
        if migration.source_compute != migration.dest_compute:
            super().destroy(context, instance, network_info)

    def finish_revert_migration(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        migration: Any,
        block_device_info: Any = None,
        power_on: bool = True,
    ) -> None:
        super().finish_revert_migration(context, instance, network_info, migration, block_device_info, power_on)
        self._resized(instance, network_info, block_device_info, power_on=power_on)

    def _resized(self, instance: Any, network_info: Any, block_device_info: Any, *, power_on: bool) -> None:
        flavor = instance.flavor
        self.hosts.ask(
            "resize",
            id=instance.uuid,
            compute_host=self._host,
            memory_mb=flavor.memory_mb,
            disk_gb=flavor.root_gb,
        )
        if power_on:
            self._start(instance, network_info, block_device_info)
