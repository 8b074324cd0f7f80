"""What one box is made of: what no command line changes."""

from dataclasses import dataclass

from city.model.wireless import Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """`bands` has one entry per radio; `neighbours` names what hangs on each switch port; `tags` are the City's."""

    id: str
    platform: str
    index: int
    """In City.devices: it decides the device's address."""
    serial: str
    mac: bytes
    bands: tuple[Band, ...] = ()
    ports: int = 0
    neighbours: tuple[tuple[int, str], ...] = ()
    upstream: str = ""
    upstream_port: int = 0
    tags: tuple[str, ...] = ()

    @property
    def meters(self) -> int:
        """How many things count bytes: the radios of an access point, the ports of a switch."""
        return len(self.bands) or self.ports
