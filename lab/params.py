"""Where a lab stands: its folder, its ports and addresses, and the seed of its residents.

Two labs with other bases live side by side. What a lab was made with is kept in its folder as
lab.json, so that later commands need no options and none can quietly mix two labs.
"""

import json
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from pathlib import Path
from typing import Self

from city.errors import InvalidInput, Refused

LOOPBACK = IPv4Network("127.0.0.0/8")
CONTROL = IPv4Address("127.0.0.1")
"""Where the clouds' APIs answer."""
SSH_PORT = 2222
SNMP_PORT = 1161
PORTS_PER_REGION = 20
REGIONS = 2
BENCHMARKING = IPv4Network("198.18.0.0/15")
"""Reserved for laboratories, and routed by nobody (RFC 2544, RFC 6890)."""
DEVICES_FROM = 256
"""Offset of the first device's address; those below stay free for the lab's own use."""
LAST_PORT = 65535


class Api(IntEnum):
    """A service of an OpenStack region, by its offset from the region's first port."""

    KEYSTONE = 0
    GLANCE = 1
    NOVA = 2
    NEUTRON = 3
    CINDER = 4
    PLACEMENT = 5
    DESIGNATE = 7
    OCTAVIA = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class LabParams:
    """A lab in `root` (mode 0700), on ports from `base_port` and loopback addresses from `base_address`.

    With `hosts`, each server of its clouds is a guest that really runs (lab.hosts); else nothing runs behind it.
    """

    name: str
    root: Path
    base_port: int
    base_address: IPv4Address
    seed: int = 1
    hosts: bool = False

    def __post_init__(self) -> None:
        thing = f"lab {self.name}"
        if not 1024 <= self.base_port <= LAST_PORT - REGIONS * PORTS_PER_REGION:  # noqa: PLR2004 - the unprivileged ports
            raise InvalidInput(thing, f"its ports from {self.base_port} do not fit", "Choose 1024 to 65000.")
        if self.base_address not in LOOPBACK:
            raise InvalidInput(thing, f"{self.base_address} is not a loopback address", "Choose one in 127.0.0.0/8.")
        if not self.root.is_absolute():
            raise InvalidInput(thing, f"its folder {self.root} is relative", "Give an absolute path.")

    def port(self, region: int, api: Api) -> int:
        """The TCP port of a service of region 0 (data centre) or 1 (recovery)."""
        if not 0 <= region < REGIONS:
            raise ValueError(f"a lab has {REGIONS} regions, not one numbered {region}")
        return self.base_port + region * PORTS_PER_REGION + api

    def url(self, region: int, api: Api) -> str:
        return f"http://{CONTROL}:{self.port(region, api)}"

    def address_of(self, index: int) -> IPv4Address:
        """The loopback address of the device that stands at `index` in City.devices."""
        address = self.base_address + DEVICES_FROM + index
        if address not in LOOPBACK:
            raise InvalidInput(
                f"lab {self.name}", f"device {index} falls outside {LOOPBACK}", "Lower the base address."
            )
        return address

    @property
    def backbone(self) -> IPv4Network:
        """The addresses of the cables that join the lab's sites: a /24 that no lab beside this one has."""
        octet = int(self.base_address) >> 16 & 0xFF
        return IPv4Network((BENCHMARKING.network_address + 256 * octet, 24))

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    def pid_file(self, process: str) -> Path:
        """Where a process of the lab that belongs to no region leaves its pid."""
        return self.root / "run" / f"{process}.pid"

    @property
    def hosts_socket(self) -> Path:
        """Where the clouds ask for their servers' guests (lab.hosts)."""
        return self.root / "hosts" / "socket"

    @property
    def image(self) -> Path:
        """The image that the lab's clouds offer, the same for as long as the lab lasts, with `hosts`."""
        return self.root / "image.squashfs"

    @property
    def trust(self) -> Path:
        """The PEM certificate of the lab's authority, which signs for its hosts (lab.hosts.authority)."""
        return self.root / "trust.pem"

    @property
    def clouds_yaml(self) -> Path:
        return self.root / "clouds.yaml"

    @property
    def file(self) -> Path:
        return self.root / "lab.json"

    def claim(self) -> None:
        """Make the folder this lab's own, or see that it is. Raises Refused where another lab has it."""
        if self.file.exists():
            found = LabParams.load(self.root)
            if found != self:
                raise Refused(
                    f"lab folder {self.root}",
                    f"it belongs to a lab with other settings ({found.summary()}; now {self.summary()})",
                    "Use those settings, another folder, or wipe that lab first.",
                )
            return
        for folder in (self.root, self.secrets, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        partial = self.file.with_suffix(".tmp")
        partial.write_text(self.settings() + "\n", encoding="utf-8")
        partial.replace(self.file)

    def summary(self) -> str:
        hosts = "with" if self.hosts else "without"
        return (
            f"{self.name}, ports from {self.base_port}, addresses from {self.base_address}, seed {self.seed}, "
            f"{hosts} hosts"
        )

    def settings(self) -> str:
        """As JSON, for `told`: everything but the folder."""
        kept = {
            "name": self.name,
            "base_port": self.base_port,
            "base_address": str(self.base_address),
            "seed": self.seed,
            "hosts": self.hosts,
        }
        return json.dumps(kept, indent=2)

    @classmethod
    def load(cls, root: Path) -> Self:
        """The settings of the lab in `root`. Raises InvalidInput where there is none, or it cannot be read."""
        file = root / "lab.json"
        try:
            return cls.told(root, file.read_text(encoding="utf-8", errors="replace"))
        except FileNotFoundError:
            raise InvalidInput(f"lab folder {root}", "no lab was made there", "Run `asty lab up` first.") from None

    @classmethod
    def told(cls, root: Path, settings: str) -> Self:
        """Of the lab in `root`, which need not be there. Raises InvalidInput for what are no settings."""
        try:
            kept = json.loads(settings)
            return cls(
                name=str(kept["name"]),
                root=root,
                base_port=int(kept["base_port"]),
                base_address=IPv4Address(kept["base_address"]),
                seed=int(kept["seed"]),
                hosts=bool(kept.get("hosts", False)),
            )
        except (ValueError, KeyError, TypeError, AddressValueError) as error:
            problem = f"its settings cannot be read ({error})"
            raise InvalidInput(f"lab folder {root}", problem, "Wipe the lab and start it anew.") from error
