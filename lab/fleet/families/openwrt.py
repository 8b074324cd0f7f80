"""openwrt: an access point that runs OpenWrt as it is released, with net-snmp installed. Nothing of it is a vendor's.

Two radios: `radio0` for 2.4 GHz and `radio1` for 5 GHz. Over SNMP it shows what net-snmp on Linux does, and no radio:
an interface of the kernel's (`phy0-ap0`) for each network that is sent.
"""

from collections.abc import Iterator

from city.model.wireless import Band
from lab.fleet.dialects.uci import Uci
from lab.fleet.family import Family
from lab.fleet.views import system
from lab.fleet.views.interfaces import ETHERNET, GIGABIT, Interface, Shows, idle, interfaces, loopback, uplink
from lab.fleet.views.moment import Moment, downstream, split, upstream
from lab.fleet.views.objects import Object
from lab.fleet.views.shape import Shape

NAME, _RELEASED = "openwrt", "23.05.5"
BANDS = (Band.GHZ_2_4, Band.GHZ_5)
_RELEASE = f"""DISTRIB_ID='OpenWrt'
DISTRIB_RELEASE='{_RELEASED}'
DISTRIB_REVISION='r24106-10cc5fcd00'
DISTRIB_TARGET='ath79/generic'
DISTRIB_ARCH='mips_24kc'
DISTRIB_DESCRIPTION='OpenWrt {_RELEASED} r24106-10cc5fcd00'
DISTRIB_TAINTS=''"""


def _wireless(index: int, band: str, channel: str, htmode: str) -> tuple[tuple[str, str], ...]:
    """What `wifi config` writes for a radio that it finds."""
    device, network = f"wireless.radio{index}", f"wireless.default_radio{index}"
    return (
        *((device, line) for line in ("=wifi-device", "type=mac80211", f"band={band}", f"channel={channel}")),
        *((device, line) for line in (f"htmode={htmode}", "disabled=1")),
        *((network, line) for line in ("=wifi-iface", f"device=radio{index}", "network=lan", "mode=ap")),
        *((network, line) for line in ("ssid=OpenWrt", "encryption=none")),
    )


_BOX = (
    *(("system.@system[0]", line) for line in ("=system", "hostname=OpenWrt", "timezone=UTC", "ttylogin=0")),
    *(("system.@system[0]", line) for line in ("log_size=64", "urandom_seed=0")),
    *(("system.ntp", line) for line in ("=timeserver", "enabled=1", "enable_server=0")),
    ("system.ntp", "server=" + "\x1f".join(f"{number}.openwrt.pool.ntp.org" for number in range(4))),
    *(("network.loopback", line) for line in ("=interface", "device=lo", "proto=static", "ipaddr=127.0.0.1")),
    *(("network.@device[0]", line) for line in ("=device", "name=br-lan", "type=bridge", "ports=eth0")),
    *(("network.lan", line) for line in ("=interface", "device=br-lan", "proto=dhcp")),
    *(("snmpd.@system[0]", line) for line in ("=system", "sysLocation=office", "sysContact=bofh@example.com")),
    *_wireless(0, "2g", "1", "HT20"),
    *_wireless(1, "5g", "36", "VHT80"),
)
"""/etc/config out of the box: it can be reached, and its radios are disabled."""

_NET_SNMP_ON_LINUX = "1.3.6.1.4.1.8072.3.2.10"
_APPLICATIONS = 72
"""sysServices of net-snmp: end to end, and applications."""
_FIRST_NETWORK = 10
"""ifIndex of the first network that is sent: the kernel counts on as interfaces come."""


def _shows(of_shape: Shape) -> Iterator[Object]:
    yield from system.system(_NET_SNMP_ON_LINUX, _uname, _APPLICATIONS)
    yield from system.host()
    yield from interfaces(_interfaces(of_shape))


def _uname(reading: Moment) -> str:
    return f"Linux {reading.facts.hostname} 5.15.167 #0 Mon Sep 23 12:34:46 2024 mips"


def _interfaces(of_shape: Shape) -> dict[int, Shows]:
    box = {1: loopback, 2: uplink("eth0"), 3: idle("eth1"), 4: _radio_lan}
    return box | {_FIRST_NETWORK + row: _network(*place) for row, place in enumerate(of_shape.networks)}


def _radio_lan(_reading: Moment) -> Interface:
    """net-snmp tells a bridge's ifType as the kernel has its hardware: Ethernet."""
    return Interface(description="br-lan", kind=ETHERNET)


def _network(radio: int, number: int) -> Shows:
    """One SSID on one radio, named as the kernel does; the driver knows no ifSpeed of it."""

    def shows(reading: Moment) -> Interface:
        facts = reading.facts.radios[radio]
        octets = split(reading.octets[radio], max(1, len(facts.ssids)), number)
        return Interface(
            description=f"phy{radio}-ap{number}",
            kind=ETHERNET,
            speed_mbps=GIGABIT // 100,
            enabled=facts.on_air,
            working=facts.on_air,
            octets_in=upstream(octets),
            octets_out=downstream(octets),
        )

    return shows


FAMILY = Family(name=NAME, dialect=Uci(release=_RELEASE, box=_BOX), enterprise=8072, shows=_shows, bands=BANDS)
