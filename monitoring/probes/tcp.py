"""A port that takes connections, and perhaps says something first: `{tcp: 22, banner: SSH-2.0}`."""

from dataclasses import dataclass

from city.load.kinds import PORT, TEXT
from city.load.record import Record
from monitoring.probing.failure import Failed, Failure
from monitoring.probing.names import addresses
from monitoring.probing.probe import Good, Probe
from monitoring.probing.trip import Address, Trip
from monitoring.probing.wire import Wire, connected


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    port: int
    banner: str = ""


def read(record: Record) -> Port:
    return Port(port=record.get("tcp", PORT), banner=record.get("banner", TEXT, default=""))


async def ask(wanted: Port, trip: Trip) -> Good:
    servers = [Address(address, wanted.port) for address in await addresses(trip)]
    async with connected(trip, *servers) as wire:
        if wanted.banner:
            await _greeted(wire, wanted.banner.encode())
        return Good(f"connected to {wire.address}")


async def _greeted(wire: Wire, banner: bytes) -> None:
    said = await wire.exactly(len(banner))
    if said != banner:
        raise Failed(Failure.WRONG_ANSWER, f"it begins with {said[:40].decode('ascii', errors='replace')!r}")


PROBE = Probe(name="tcp", protocol="tcp", spec=Port, read=read, ask=ask)
