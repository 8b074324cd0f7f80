"""What decides which objects a device shows: all devices of one shape share one layout."""

from dataclasses import dataclass

from lab.fleet.facts import Facts
from lab.fleet.state import DeviceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`ssids` counts those of each radio."""

    platform: str
    radios: int
    ports: int
    ssids: tuple[int, ...]
    vlans: tuple[int, ...]
    linked: tuple[int, ...]

    @property
    def networks(self) -> tuple[tuple[int, int], ...]:
        """Radio and number on it, both from 0, of each SSID that is sent."""
        return tuple((radio, number) for radio, count in enumerate(self.ssids) for number in range(count))


def shape(state: DeviceState, facts: Facts) -> Shape:
    hardware = state.hardware
    return Shape(
        platform=hardware.platform,
        radios=len(hardware.bands),
        ports=hardware.ports,
        ssids=tuple(len(radio.ssids) for radio in facts.radios),
        vlans=() if hardware.bands else tuple(number for number, _ in facts.vlans),
        linked=tuple(sorted(state.linked)),
    )
