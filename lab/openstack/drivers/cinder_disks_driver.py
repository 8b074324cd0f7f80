"""Cinder's volume driver where servers really run: a volume is a file system in a file, which outlives every server."""
# ruff: noqa: ANN401 - what OpenStack hands over is untyped

from pathlib import Path
from typing import Any

from oslo_config import cfg

from lab.openstack.drivers import disk, moment
from lab.openstack.drivers.cinder_driver import LabVolumeDriver

_OPTIONS = [cfg.StrOpt("lab_volumes", help="The folder of the files.")]


class DiskVolumeDriver(LabVolumeDriver):
    """The guest's host finds a volume by its id; `mount` of its metadata says where the guest has it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(_OPTIONS)

    def create_volume(self, volume: Any) -> None:
        disk.make(self._file(volume.id), volume.size)

    def delete_volume(self, volume: Any) -> None:
        self._file(volume.id).unlink(missing_ok=True)

    def extend_volume(self, volume: Any, new_size: int) -> None:
        disk.grow(self._file(volume.id), new_size)

    def create_snapshot(self, snapshot: Any) -> None:
        """As of a machine that loses its power at this moment, also where a guest writes to it."""
        moment.copy(self._file(snapshot.volume_id), self._file(snapshot.id))

    def delete_snapshot(self, snapshot: Any) -> None:
        self._file(snapshot.id).unlink(missing_ok=True)

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        self._copy(snapshot.id, volume)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        self._copy(src_vref.id, volume)

    def initialize_connection(self, volume: Any, connector: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().initialize_connection(volume, connector)
        place = (volume.metadata or {}).get("mount")
        return {"driver_volume_type": "lab", "data": {**told["data"], "volume_id": volume.id, "mount": place}}

    def _copy(self, source_id: str, volume: Any) -> None:
        moment.copy(self._file(source_id), self._file(volume.id))
        disk.grow(self._file(volume.id), volume.size)

    def _file(self, some_id: str) -> Path:
        return Path(self.configuration.safe_get("lab_volumes")) / f"{some_id}.img"
