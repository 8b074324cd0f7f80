"""A name server's answer: `{dns: www.example.test, type: A, values: [10.1.1.10], authoritative: true}`.

Without `values` any answer of that type is good. Where `authoritative`, the server has to know the name itself and is
asked for no recursion; else it is asked as a resolver.
"""

from dataclasses import dataclass

from city.load.kinds import PORT, TEXT, TRUTH, Kind, Unreadable, one_of
from city.load.record import Record
from monitoring.probing import names
from monitoring.probing.failure import Failed, Failure
from monitoring.probing.probe import Good, Probe
from monitoring.probing.trip import Address, Trip


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    name: str
    kind: str
    values: tuple[str, ...]
    authoritative: bool
    port: int


def _name(text: str) -> str:
    labels = text.rstrip(".").split(".")
    if len(text) > 253 or not text.isascii() or not all(0 < len(label) < 64 for label in labels):  # noqa: PLR2004 - RFC 1035, 2.3.4
        raise Unreadable(f"{text[:60]!r} is no name", "Write it in full, as in `www.example.test`.")
    return text.rstrip(".").lower()


NAME = Kind(_name, "-")


def read(record: Record) -> Name:
    return Name(
        name=record.get("dns", NAME),
        kind=record.get("type", one_of(*names.TYPES), default="A"),
        values=tuple(_plain(value) for value in record.list("values", TEXT)),
        authoritative=record.get("authoritative", TRUTH, default=False),
        port=record.get("port", PORT, default=53),
    )


async def ask(wanted: Name, trip: Trip) -> Good:
    server = Address((await names.addresses(trip))[0], wanted.port)
    found = await names.ask(trip, server, wanted.name, wanted.kind, recursion=not wanted.authoritative)
    said = f"{wanted.kind} {', '.join(found.values) or 'none'}, code {found.rcode}"
    if found.rcode != names.NO_ERROR or not found.values:
        raise Failed(Failure.WRONG_ANSWER, said)
    if wanted.authoritative and not found.authoritative:
        raise Failed(Failure.WRONG_ANSWER, f"{said}, without authority")
    if wanted.values and {_plain(value) for value in found.values} != {*wanted.values}:
        raise Failed(Failure.WRONG_ANSWER, said)
    return Good(f"{said} from {server.host}")


def _plain(value: str) -> str:
    """Names differ neither by case nor by a dot at the end."""
    return value.lower().rstrip(".")


PROBE = Probe(name="dns", protocol="udp", spec=Name, read=read, ask=ask)
