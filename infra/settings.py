"""A stack's settings, read once from its Pulumi configuration and the environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar

from city.errors import InvalidInput
from city.model.places import SiteRole
from infra.stacks import PROJECT, Program

ROOT = Path(__file__).resolve().parent.parent
CREATE_UPLINK = "create"

T = TypeVar("T")


class VolumeZones(StrEnum):
    """Whether the cloud's block storage has zones of the same names as its compute service."""

    MATCH = "match"
    ANY = "any"


class Origin(StrEnum):
    """Who makes flavours or images: we, with an administrator's rights, or the provider, whose names we use."""

    CREATE = "create"
    EXISTING = "existing"


class Config(Protocol):
    """What is used of pulumi.Config."""

    def get(self, key: str) -> str | None: ...
    def get_object(self, key: str) -> Any: ...  # noqa: ANN401 - Pulumi's own signature: JSON is any JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`overrides` and what is released map what is meant to the reason that somebody gave.

    `released` are services that may lose their data volumes, and their addresses with them; `released_addresses` those
    that may lose their addresses alone; `released_site` is why networks, router and zone may go, empty for never.

    `uplink_physical` is the provider's physical network of an uplink that we create; empty for the cloud's choice.
    """

    program: Program
    role: SiteRole
    city: Path
    uplink: str
    uplink_physical: str
    volume_zones: bool
    flavours: Origin = Origin.CREATE
    images: Origin = Origin.CREATE
    site_stack: str
    overrides: Mapping[str, str]
    released: Mapping[str, str]
    released_addresses: Mapping[str, str] = field(default_factory=dict)
    released_site: str = ""
    led_away: frozenset[str] = frozenset()
    """The services whose name here, and whose database's port, a drill has set: they stay so, whatever is declared."""


def read(config: Config, environ: Mapping[str, str]) -> Settings:
    """The settings of the running stack. Raises InvalidInput naming the key and the command that sets it."""
    return Settings(
        program=_choice(config, "program", Program),
        role=_choice(config, "site", SiteRole),
        city=_folder(environ.get("ASTY_CITY") or _required(config, "city")),
        uplink=config.get("uplink") or CREATE_UPLINK,
        uplink_physical=config.get("uplink-physical") or "",
        volume_zones=_choice(config, "volume-zones", VolumeZones, default=VolumeZones.MATCH) is VolumeZones.MATCH,
        flavours=_choice(config, "flavours", Origin, default=Origin.CREATE),
        images=_choice(config, "images", Origin, default=Origin.CREATE),
        site_stack=config.get("site-stack") or "",
        overrides=_reasons(config, "overrides"),
        released=_reasons(config, "release-volumes"),
        released_addresses=_reasons(config, "release-addresses"),
        released_site=(config.get("release-site") or "").strip(),
        led_away=_led_away(config, _choice(config, "site", SiteRole)),
    )


def _folder(text: str) -> Path:
    folder = ROOT / text
    if not folder.is_dir():
        raise InvalidInput(f"city folder {folder}", "it is not there", "Set ASTY_CITY or asty:city to a city's folder.")
    return folder


def _required(config: Config, key: str) -> str:
    value = config.get(key)
    if not value:
        raise _invalid(key, "it is not set")
    return value


def _choice(config: Config, key: str, kind: Callable[[str], T], *, default: str = "") -> T:
    value = config.get(key) or default or _required(config, key)
    try:
        return kind(value)
    except ValueError as error:
        raise _invalid(key, str(error)) from error


def _reasons(config: Config, key: str) -> dict[str, str]:
    value = config.get_object(key) or {}
    if not isinstance(value, dict) or not all(isinstance(reason, str) for reason in value.values()):
        raise _invalid(key, "it is not a mapping to reasons")
    return value


def _led_away(config: Config, here: SiteRole) -> frozenset[str]:
    value = config.get_object("led-away") or {}
    if not isinstance(value, dict) or not all(isinstance(sites, list) for sites in value.values()):
        raise _invalid("led-away", "it is not a mapping of services to sites")
    return frozenset(service for service, sites in value.items() if here.value in sites)


def _invalid(key: str, problem: str) -> InvalidInput:
    remedy = f"Set it: pulumi config set {PROJECT}:{key} VALUE, or copy Pulumi.lab-datacentre.yaml's lines."
    return InvalidInput(f"stack configuration {PROJECT}:{key}", problem, remedy)
