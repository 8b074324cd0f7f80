"""Whether anybody is there at all: the cheapest question, and anything that comes back is an answer to it."""

import errno
import time
from dataclasses import dataclass

from city.inventory import Endpoint, SnmpV2c
from city.secrets import resolve
from monitoring.snmp.client import BadAgent, Forbidden, NotHeard, PortClosed, Trouble
from monitoring.snmp.mailbox import FORBIDDEN, Conversation, Mailbox, Message
from snmp import pdu, v2c, v3
from snmp.pdu import PduKind

_UPTIME = ("1.3.6.1.2.1.1.3.0",)


@dataclass(frozen=True, slots=True)
class Knock:
    """What came of it: whether anything was heard, and the number of what ICMP said, 0 for nothing."""

    heard: bool
    refusal: int

    def trouble(self, endpoint: Endpoint) -> Trouble | None:
        """What is the matter with a device that did not answer the question itself; None where nobody is there."""
        if self.heard and isinstance(endpoint.snmp, SnmpV2c):
            return BadAgent("it answers, but with nothing that was asked, or too late")
        if self.heard:
            return NotHeard("it is there, but leaves our question unanswered (privacy key?)")
        if self.refusal == FORBIDDEN:
            return Forbidden("somebody on the way forbids the question (ICMP: administratively prohibited)")
        if self.refusal == errno.ECONNREFUSED:
            return PortClosed("its host is there, but nothing listens at its SNMP port (connection refused)")
        return None


async def knock(endpoint: Endpoint, source: str, patience_s: float) -> Knock:
    """Ask from the local address `source`, any where it is empty. Raises OSError where nothing can be sent."""
    mailbox = await Mailbox.open(source)
    try:
        talk, begun = (
            Conversation[Message]((str(endpoint.address), endpoint.snmp_port), lambda any_: any_),
            time.monotonic(),
        )
        number = mailbox.number()
        mailbox.send(talk, number, _question(endpoint, number))
        await talk.wait(patience_s)
        return Knock(talk.answered or mailbox.was_heard(talk.address, begun), talk.refusal)
    finally:
        mailbox.close()


def _question(endpoint: Endpoint, number: int) -> bytes:
    """To nobody in v3, which any engine answers by a report (RFC 3414, 4)."""
    asked = pdu.encode_pdu(PduKind.GET, number, pdu.encode_questions(_UPTIME))
    if isinstance(endpoint.snmp, SnmpV2c):
        return v2c.encode(resolve(endpoint.snmp.community).reveal().encode(), asked)
    return v3.write(message_id=number, engine=v3.Engine(b"", 0, 0), user=b"", encoded_pdu=asked, reportable=True)
