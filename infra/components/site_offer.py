"""What a site's cloud offers its workloads: flavours, images and the operators' key, the same at each site."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_openstack import compute, images

from city.model.offer import Flavour, Image
from infra.marks import mark

_DIGEST_SHOWN = 12
_TYPE = "asty:infra:SitePlatform"
"""Part of every URN below it: under another name Pulumi would make all of them anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """An image whose bytes at `path` were found to have its declared digest; None where the provider has it."""

    image: Image
    path: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOfferArgs:
    city: str
    flavours: tuple[Flavour, ...]
    flavours_exist: bool
    images: tuple[ImageFile, ...]
    key_name: str
    operators_key: str


class SiteOffer(pulumi.ComponentResource):
    """Flavours and images by their declared ids, so that a workload finds the same ones at either site."""

    flavour_ids: dict[str, pulumi.Output[str]]
    image_ids: dict[str, pulumi.Output[str]]
    key_pair: pulumi.Output[str]

    def __init__(self, name: str, args: SiteOfferArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(_TYPE, name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._city, self._tags = args.city, ["owner=asty", f"city={args.city}", f"stack={pulumi.get_stack()}"]
        flavour = _existing_flavour if args.flavours_exist else self._flavour
        self.flavour_ids = {declared.id: flavour(declared) for declared in args.flavours}
        self.image_ids = {
            file.image.id: self._image(file.image, file.path) if file.path else _existing_image(file.image)
            for file in args.images
        }
        key = compute.Keypair(f"{name}-operators", name=args.key_name, public_key=args.operators_key, opts=self._child)
        self.key_pair = key.name
        self.register_outputs({"flavours": self.flavour_ids, "images": self.image_ids})

    def _flavour(self, flavour: Flavour) -> pulumi.Output[str]:
        made = compute.Flavor(
            flavour.id,
            name=flavour.id,
            description=mark(self._city, "Flavor", flavour.id),
            vcpus=flavour.vcpus,
            ram=flavour.ram_mb,
            disk=flavour.disk_gb,
            is_public=True,
            opts=self._child,
        )
        return made.id

    def _image(self, image: Image, path: Path) -> pulumi.Output[str]:
        """Named by its content: other bytes are another image, while where they lie on this machine is nothing."""
        digest = image.sha256
        made = images.Image(
            f"{image.id}-{digest[:_DIGEST_SHOWN]}",
            name=image.id,
            local_file_path=str(path),
            container_format="bare",
            disk_format=image.disk_format,
            min_disk_gb=image.min_disk_gb,
            properties={"asty_sha256": digest},
            tags=self._tags,
            verify_checksum=True,
            visibility="public",
            opts=pulumi.ResourceOptions.merge(
                self._child, pulumi.ResourceOptions(ignore_changes=["localFilePath", "imageCachePath"])
            ),
        )
        return made.id


def _existing_flavour(flavour: Flavour) -> pulumi.Output[str]:
    """The provider's of that name, which must have what is declared: else the provider's client says that none fits."""
    found = compute.get_flavor_output(name=flavour.id, vcpus=flavour.vcpus, ram=flavour.ram_mb, disk=flavour.disk_gb)
    return found.id


def _existing_image(image: Image) -> pulumi.Output[str]:
    """The provider's of that name; two of that name are refused, for one of them would be taken at random."""
    return images.get_image_output(name=image.id, most_recent=False).id
