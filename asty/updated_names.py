"""The city's names at a site as drills change them by dynamic updates (RFC 2136), signed by a shared key (TSIG)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.tsig
import dns.update
from dns.rdatatype import A

from asty.designate_names import zone_of
from city.errors import Failed
from city.model.name_updates import NameUpdates
from city.secrets import resolve
from city.silence import why_silent
from drs.hands.cloud import Record

_WITHIN_S = 5.0
_LOST = {dns.rcode.NXDOMAIN, dns.rcode.NXRRSET}
"""What a name that is not there is answered with: the question after it, and the update of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatedNames:
    """Of the site whose primary server takes `updates`. The key is read when it is used, and forgotten."""

    site: str
    updates: NameUpdates

    def record(self, fqdn: str) -> Record | None:
        """Raises InvalidInput where the key cannot be read."""
        asked = dns.message.make_query(fqdn, A)
        asked.flags = 0  # nobody else may be asked for it
        answer = self._asked(asked)
        if answer.rcode() in _LOST:
            return None
        self._granted(fqdn, answer)
        found = answer.get_rrset(answer.answer, dns.name.from_text(fqdn), asked.question[0].rdclass, A)
        return Record(addresses=tuple(sorted(one.address for one in found)), ttl_s=found.ttl) if found else None

    def lead(self, fqdn: str, record: Record) -> None:
        """All of the name's addresses at once, and only where it has some. Raises InvalidInput as above."""
        update = dns.update.UpdateMessage(zone_of(fqdn))
        update.present(dns.name.from_text(fqdn), A)
        update.replace(dns.name.from_text(fqdn), record.ttl_s, A, *record.addresses)
        answer = self._asked(update)
        if answer.rcode() in _LOST:
            raise Failed(fqdn, f"the DNS of {self.site} does not have it", "Make it there first.")
        self._granted(fqdn, answer)

    def _asked(self, message: dns.message.Message) -> dns.message.Message:
        """Over TCP, signed; so is the answer, or it is none."""
        server = self.updates
        secret = resolve(server.secret).reveal()
        with self._said():
            key = dns.tsig.Key(server.key, secret, server.algorithm)
            message.use_tsig(key)
            return dns.query.tcp(message, str(server.server), timeout=_WITHIN_S, port=server.port)

    @contextmanager
    def _said(self) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        except (dns.exception.DNSException, OSError, EOFError, ValueError) as error:
            told = why_silent(error, time.monotonic() - begun) or str(error).strip().rstrip(".") or type(error).__name__
            raise self._failed(told) from error

    def _granted(self, fqdn: str, answer: dns.message.Message) -> None:
        if answer.rcode() != dns.rcode.NOERROR:
            raise self._failed(f"it answers {dns.rcode.to_text(answer.rcode())} for {fqdn}")

    def _failed(self, problem: str) -> Failed:
        where = f"the name server {self.updates.server} of {self.site}"
        return Failed(where, problem, f"Look at its log, at its key {self.updates.key}, and at both clocks.")
