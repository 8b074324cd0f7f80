"""What the cloud offers its workloads, the same at each site: flavours, images, the operators' key."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    id: str
    vcpus: int
    ram_mb: int
    disk_gb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """`url` may be `file:` relative to the city's folder; `sha256` is of its bytes."""

    id: str
    url: str
    sha256: str
    disk_format: str
    min_disk_gb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudOffer:
    flavours: tuple[Flavour, ...]
    images: tuple[Image, ...]
    operators_key: str
    """An OpenSSH public key."""
