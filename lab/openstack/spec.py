"""What a region of the lab is to be: its name, its ports, its zones with their hosts, its folders."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from city.errors import InvalidInput
from city.model.city import City
from city.model.places import SiteRole
from lab.params import Api, LabParams

HOSTS_PER_ZONE = 2
"""So that two anti-affine servers find hosts within one zone, too."""
ROLES = (SiteRole.DATACENTRE, SiteRole.RECOVERY)
"""In the order of the lab's regions."""
_SOCKET_LIMIT = 107
"""Bytes in the path of a Unix socket (unix(7))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSpec:
    """An OpenStack region that stands in for the site of one role; `cloud` names it in clouds.yaml."""

    params: LabParams
    index: int
    name: str
    cloud: str
    zones: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(str(self.socket).encode()) > _SOCKET_LIMIT:
            raise InvalidInput(
                f"lab folder {self.params.root}",
                f"the path of a database's socket in it would be longer than {_SOCKET_LIMIT} bytes",
                "Choose a shorter folder: set XDG_STATE_HOME.",
            )

    @property
    def short(self) -> str:
        return f"r{self.index + 1}"

    @property
    def hosts(self) -> Mapping[str, tuple[str, ...]]:
        """The compute hosts of each zone: r1-az1-c1, …"""
        numbers = range(1, HOSTS_PER_ZONE + 1)
        return {zone: tuple(f"{self.short}-{zone}-c{n}" for n in numbers) for zone in self.zones}

    @property
    def all_hosts(self) -> tuple[str, ...]:
        return tuple(host for hosts in self.hosts.values() for host in hosts)

    @property
    def folder(self) -> Path:
        return self.params.root / "regions" / self.name

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def database(self) -> Path:
        return self.folder / "database"

    @property
    def socket(self) -> Path:
        return self.folder / "db.sock"

    @property
    def volumes(self) -> Path:
        """Where a volume is a file, with `LabParams.hosts`."""
        return self.folder / "volumes"

    @property
    def balancing(self) -> Path:
        """The folder over which Octavia's provider and the agent of the load balancers talk."""
        return self.folder / "balancing"

    @property
    def names(self) -> Path:
        """The folder over which Designate and the agent of the name server talk."""
        return self.folder / "names"

    @property
    def certificates(self) -> Path:
        """Where Octavia's certificate manager keeps certificates: NAME.crt, NAME.key, and NAME.int for the chain."""
        return self.folder / "octavia" / "certificates"

    @property
    def logs(self) -> Path:
        return self.params.logs / self.name

    @property
    def python_path(self) -> Path:
        """Holds nothing but what the services import of ours."""
        return self.folder / "python"

    def pid_file(self, process: str) -> Path:
        return self.folder / "run" / f"{process}.pid"

    def url(self, api: Api) -> str:
        return self.params.url(self.index, api)

    def port(self, api: Api) -> int:
        return self.params.port(self.index, api)

    @property
    def auth_url(self) -> str:
        return f"{self.url(Api.KEYSTONE)}/v3"

    def secret(self, user: str) -> Path:
        """The file with the password of a Keystone user."""
        return self.params.secrets / f"openstack-{self.cloud}-{user}"


def specs(params: LabParams, city: City) -> tuple[RegionSpec, ...]:
    """One region per site that the city declares in a cloud: the data centre, then the recovery site."""
    sites = [city.site_of(role) for role in ROLES]
    return tuple(
        RegionSpec(params=params, index=i, name=site.region, cloud=role.value, zones=site.zones)
        for i, (role, site) in enumerate(zip(ROLES, sites, strict=True))
    )


def keep(spec: RegionSpec) -> None:
    """Write what the region was made as, so that it can be stopped without the city."""
    spec.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {"index": spec.index, "name": spec.name, "cloud": spec.cloud, "zones": spec.zones}
    (spec.folder / "region.json").write_text(json.dumps(kept) + "\n", encoding="utf-8")


def kept_specs(params: LabParams) -> tuple[RegionSpec, ...]:
    """The regions that stand in the lab's folder, started or not."""
    return tuple(sorted(_kept(params), key=lambda spec: spec.index))


def _kept(params: LabParams) -> Iterator[RegionSpec]:
    for file in (params.root / "regions").glob("*/region.json"):
        kept = json.loads(file.read_text(encoding="utf-8"))
        yield RegionSpec(
            params=params,
            index=int(kept["index"]),
            name=str(kept["name"]),
            cloud=str(kept["cloud"]),
            zones=tuple(map(str, kept["zones"])),
        )
