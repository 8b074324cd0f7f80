"""A mail server that greets, answers EHLO and offers STARTTLS (RFC 5321, RFC 3207): `{smtp: 25, tls: starttls}`.

With `tls: none` it is asked for no TLS. No mail is sent.
"""

import re
from dataclasses import dataclass

from city.load.kinds import PORT, one_of
from city.load.record import Record
from monitoring.probing.failure import Failed, Failure
from monitoring.probing.names import addresses
from monitoring.probing.probe import Good, Probe
from monitoring.probing.trip import Address, Trip
from monitoring.probing.wire import Wire, connected

_REPLY = re.compile(rb"([2-5][0-9][0-9])([ -])?(.*)")
_MOST_LINES = 100
_GREETS, _DONE, _BYE = "220", "250", b"QUIT\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    port: int
    tls: str = "starttls"


def read(record: Record) -> Mail:
    return Mail(port=record.get("smtp", PORT), tls=record.get("tls", one_of("starttls", "none"), default="starttls"))


async def ask(mail: Mail, trip: Trip) -> Good:
    servers = [Address(address, mail.port) for address in await addresses(trip)]
    async with connected(trip, *servers) as wire:
        await _reply(wire, _GREETS)
        offers, chain = await _hello(wire), ""
        if mail.tls == "starttls":
            chain = await _start_tls(wire, offers, trip.host)
        wire.send(_BYE)
        return Good("; ".join(filter(None, (f"SMTP from {wire.address}", chain))))


async def _hello(wire: Wire) -> list[str]:
    """What the server offers."""
    wire.send(b"EHLO probe.invalid\r\n")
    return [line.upper() for line in await _reply(wire, _DONE)]


async def _start_tls(wire: Wire, offers: list[str], name: str) -> str:
    if "STARTTLS" not in offers:
        raise Failed(Failure.NO_TLS, "it does not offer STARTTLS")
    wire.send(b"STARTTLS\r\n")
    await _reply(wire, _GREETS)
    chain = await wire.start_tls(name)
    await _hello(wire)
    return chain


async def _reply(wire: Wire, wanted: str) -> list[str]:
    """The lines of one reply, without its code. Raises Failed where it has another code, or no end."""
    lines = []
    for _ in range(_MOST_LINES):
        line = await wire.line()
        found = _REPLY.fullmatch(line)
        if found is None:
            raise Failed(Failure.WRONG_ANSWER, f"no SMTP: {line[:40]!r}")
        if found[1].decode() != wanted:
            raise Failed(Failure.WRONG_ANSWER, line[:80].decode("ascii", errors="replace"))
        lines.append(found[3].decode("ascii", errors="replace").strip())
        if found[2] != b"-":
            return lines
    raise Failed(Failure.WRONG_ANSWER, f"a reply of more than {_MOST_LINES} lines")


PROBE = Probe(name="smtp", protocol="tcp", spec=Mail, read=read, ask=ask)
