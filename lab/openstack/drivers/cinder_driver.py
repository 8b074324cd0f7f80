"""Cinder's volume driver: a volume is a row of the database; what it holds belongs to the guest's host."""
# ruff: noqa: ANN401 - what OpenStack hands over is untyped

import io
from typing import Any

from cinder.tests import fake_driver

_PLENTY_GB = 100_000


class LabVolumeDriver(fake_driver.FakeLoggingVolumeDriver):
    """Cinder's own logging driver, with room, and without copying images."""

    def create_volume(self, volume: Any) -> None:
        """Nothing to make."""

    def clone_image(self, *_: Any) -> tuple[dict[str, Any], bool]:
        return {}, True  # spares the download and qemu-img

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Nothing to extend."""

    def retype(self, *_: Any) -> tuple[bool, dict[str, Any]]:
        return True, {}

    def copy_volume_to_image(self, context: Any, volume: Any, image_service: Any, image_meta: Any) -> None:  # noqa: ARG002 - Cinder's signature
        image_service.update(context, image_meta["id"], {}, io.BytesIO(bytes(512)))

    def _update_volume_stats(self) -> None:
        super()._update_volume_stats()
        self._stats["volume_backend_name"] = self.configuration.safe_get("volume_backend_name")
        for pool in self._stats["pools"]:
            pool.update(
                pool_name="pool",
                total_capacity_gb=_PLENTY_GB,
                free_capacity_gb=_PLENTY_GB,
                reserved_percentage=0,
                multiattach=True,
                thin_provisioning_support=True,
                max_over_subscription_ratio="20.0",
            )
