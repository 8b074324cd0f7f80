"""What is read from a family of devices over SNMP, as data.

Names, types and OIDs are those of the vendors' MIBs. A series has the key `name` where a device has one such value,
and `name[label=index]` for a row of a table: `sysUpTime`, `ifHCInOctets[ifIndex=2]`. Text goes by the same keys.
"""

from dataclasses import dataclass

from city.model.wireless import Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value of a device: `oid` ends in the instance's `.0`, `unit` is the MIB's or empty for none."""

    metric: str
    oid: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table: `oid` without an index, which `label` gives a name.

    `instead` is read of a device that does not have the column: a counter of 32 bits for one of 64, ifDescr for ifName.
    """

    metric: str
    oid: str
    label: str
    unit: str = ""
    instead: "Column | None" = None

    def key(self, index: str) -> str:
        return f"{self.metric}[{self.label}={index}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioView:
    """Where a platform shows what its radios send: a row for each radio, or for each network on each radio.

    A row's band is what `band` names, by `bands`: a name that is not in it is of a band that the city declares none of.
    Where a platform names no bands, a row's band is that of its `channel`.
    A row is up where `state` is 1: of the same row, or, where `interface` says how interfaces of radios are called, of
    the interface with that `name`. `{}` in it stands for the row's index less one: `wifi{}` calls the first wifi0.
    `ssid` names the network of the same row where it has the same label, and otherwise those that the device sends on
    any radio. `silent` has rows though nothing is sent: where it has, a band without a row is known to be shut.
    `power` shows the EIRP of the row in whole dBm, or in whole dB by how much it stays below `full_dbm` of its band.
    """

    channel: Column
    band: Column | None = None
    bands: tuple[tuple[str, Band], ...] = ()
    state: Column
    name: Column | None = None
    interface: str = ""
    ssid: Column
    silent: Column | None = None
    power: Column | None = None
    full_dbm: tuple[tuple[Band, float], ...] = ()

    def eirp_dbm(self, band: Band, shown: float) -> float:
        return dict(self.full_dbm)[band] - shown if self.full_dbm else shown


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceView:
    """Where a platform shows of its radios only the interfaces on which they send, by names that tell the radio.

    `pattern` matches the whole `name` of such an interface; the group of it that matches is the radio's number, and
    `bands` gives the band of each number. An interface operates where `state` is 1.
    """

    name: Column
    state: Column
    pattern: str
    bands: tuple[tuple[str, Band], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    scalars: tuple[Scalar, ...]
    tables: tuple[Column, ...]
    radios: RadioView | InterfaceView | None = None
