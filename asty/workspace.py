"""Where one operator's work is kept, and everything derived from its name.

A workspace is a name: its state lies in `$XDG_STATE_HOME/asty/NAME/` (mode 0700). Two workspaces share
nothing, so a test's lab runs beside an operator's. What must be usable when the data centre is gone
(Pulumi's state and passphrase) lies under `sites/recovery/`, which stands for a place at that site.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from pathlib import Path

from city.errors import InvalidInput

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_LOOPBACK = IPv4Network("127.0.0.0/8")
_PORTS = range(1024, 65_535 - 100)
KNOWN = {"lab": (15_000, IPv4Address("127.64.0.0")), "test": (25_000, IPv4Address("127.96.0.0"))}
_DASHBOARD = 80
"""Ports below it, from the base on, belong to the lab's OpenStack regions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Paths, ports and variables of one workspace; making the value touches nothing on disk."""

    name: str
    home: Path
    caches: Path
    city_folder: Path
    project: Path
    """The checkout: where Pulumi.yaml and cities/ are."""
    base_port: int
    base_address: IPv4Address
    seed: int = 1

    @property
    def lab_root(self) -> Path:
        return self.home / "lab"

    @property
    def ledger(self) -> Path:
        return self.home / "ledger.sqlite"

    @property
    def journal(self) -> Path:
        return self.home / "journal.sqlite"

    @property
    def series(self) -> Path:
        return self.home / "series"

    @property
    def plans(self) -> Path:
        return self.home / "plans"

    @property
    def evidence(self) -> Path:
        return self.home / "evidence"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def processes(self) -> Path:
        """Pid files of what runs in the background."""
        return self.home / "processes"

    @property
    def declared(self) -> Path:
        """Copies of the city's data by which was observed, by their fingerprint."""
        return self.home / "declared"

    @property
    def pulumi(self) -> Path:
        """Stack files, state and passphrase: all that is needed to change the clouds, kept at the recovery site."""
        return self.home / "sites" / "recovery" / "pulumi"

    @property
    def dashboard_port(self) -> int:
        return self.base_port + _DASHBOARD

    def prepare(self) -> None:
        """Make the folders, each for its owner alone (0700). Safe to call at any time."""
        for folder in (self.home, self.series, self.plans, self.evidence, self.logs, self.processes, self.pulumi):
            for one in reversed([folder, *folder.relative_to(self.home).parents]):
                _private(self.home / one)


def find(
    environ: Mapping[str, str],
    *,
    name: str | None = None,
    city: str | None = None,
    base_port: int | None = None,
    base_address: str | None = None,
) -> Workspace:
    """The workspace that options, else `ASTY_*` variables, else the defaults name.

    Raises InvalidInput for a name that is no slug, a city that is not there, and addresses outside loopback.
    """
    name = name or environ.get("ASTY_WORKSPACE") or "lab"
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"workspace {name!r}", "it is not a name", "Use lower-case letters, digits and hyphens, a letter first."
        )
    project = find_project()
    port, address = _ports_and_addresses(
        name, base_port or environ.get("ASTY_BASE_PORT"), base_address or environ.get("ASTY_BASE_ADDRESS")
    )
    return Workspace(
        name=name,
        home=_xdg(environ, "XDG_STATE_HOME", ".local/state") / "asty" / name,
        caches=_xdg(environ, "XDG_CACHE_HOME", ".cache") / "asty",
        city_folder=_city_folder(project, city or environ.get("ASTY_CITY") or "thessaloniki"),
        project=project,
        base_port=port,
        base_address=address,
    )


def find_project() -> Path:
    """The checkout that this code runs from; else the nearest folder above the current one with cities/."""
    here = Path.cwd()
    for folder in (Path(__file__).resolve().parent.parent, here, *here.parents):
        if (folder / "cities").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    raise InvalidInput(str(here), "no checkout of asty with cities/ is here or above", "Change into the checkout.")


def _ports_and_addresses(name: str, port: int | str | None, address: str | None) -> tuple[int, IPv4Address]:
    known = KNOWN.get(name)
    if known is None and (port is None or address is None):
        raise InvalidInput(
            f"workspace {name}",
            "its ports and addresses are not known",
            "Give --base-port and --base-address (or ASTY_BASE_PORT, ASTY_BASE_ADDRESS), apart from those of others.",
        )
    default_port, default_address = known or (0, IPv4Address(0))
    return _port(port or default_port), _address(address or str(default_address))


def _port(value: int | str) -> int:
    if not str(value).isdecimal() or int(value) not in _PORTS:
        raise InvalidInput(f"base port {value}", "it is not usable", f"Take one from {_PORTS[0]} to {_PORTS[-1]}.")
    return int(value)


def _address(value: str) -> IPv4Address:
    try:
        address = IPv4Address(value)
    except AddressValueError:
        address = None
    if address is None or address not in _LOOPBACK:
        raise InvalidInput(f"base address {value}", "it is not a loopback address", "Take one inside 127.0.0.0/8.")
    return address


def _city_folder(project: Path, wanted: str) -> Path:
    """A path where `wanted` has a slash or is a folder here; else a city of the checkout by its name."""
    named = project / "cities" / wanted
    folder = named if "/" not in wanted and named.is_dir() else Path(wanted).expanduser().resolve()
    if not folder.is_dir():
        raise InvalidInput(f"city {wanted}", "there is no such folder", f"Name one of {project / 'cities'} or a path.")
    return folder


def _xdg(environ: Mapping[str, str], variable: str, default: str) -> Path:
    """XDG Base Directory Specification: a relative path in the variable is ignored."""
    value = Path(environ.get(variable) or "")
    found = value if value.is_absolute() else Path(environ.get("HOME") or Path.home()) / default
    if any("\ud800" <= letter <= "\udfff" for letter in str(found)):
        raise InvalidInput(f"{variable} {found}", "its name is no UTF-8, which the stores need", "Give another folder.")
    return found


def _private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
