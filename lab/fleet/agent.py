"""The SNMP agent of one device: a datagram in, a datagram out or none. It keeps no socket and no state.

Versions 2c and 3 (USM: RFC 3414, HMAC with SHA-2: RFC 7860, AES: RFC 3826) over the operations that read.
As the standard has it, what cannot be believed is answered by a report if the sender may have one, else
by silence: that is how a wrong key can be told from a device that is off.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lab.fleet.views.layout import Layout
from lab.fleet.views.moment import Moment
from lab.fleet.views.objects import Object
from snmp import pdu, usm, v2c, v3
from snmp.errors import DecryptionFailed, NotInTimeWindow, SecurityError, SnmpError, WrongDigest
from snmp.pdu import ErrorStatus, Pdu, PduKind, Value, VarBind

_USM_STATS = "1.3.6.1.6.3.15.1.1"
UNSUPPORTED_LEVEL, NOT_IN_WINDOW, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, DECRYPTION = range(1, 7)
"""The counters of RFC 3414, section 5, by their last arc: what a report says."""
_MOST_BULK_OCTETS = 8192
"""An answer to GETBULK ends before it grows beyond this, as an agent may (RFC 3416, 4.2.3)."""
_MOST_REPETITIONS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may read: by community, or as one of these users with authentication and privacy."""

    community: bytes = field(repr=False)
    users: Mapping[bytes, usm.User] = field(repr=False)


class Subject(Protocol):
    """The device that is asked, at this moment."""

    def reading(self) -> tuple[Layout, Moment]: ...

    def engine(self) -> v3.Engine: ...

    def next_salt(self) -> int: ...


def answer(data: bytes, subject: Subject, access: Access) -> bytes | None:
    """The answer to a datagram; None where a real agent would stay silent."""
    try:
        if v2c.version(data) == v2c.VERSION:
            return _plainly(data, subject, access)
        return _secured(v3.read(data), subject, access)
    except SnmpError:
        return None


def _plainly(data: bytes, subject: Subject, access: Access) -> bytes | None:
    message = v2c.decode(data)
    if not hmac.compare_digest(message.community, access.community):
        return None
    response = respond(message.pdu, subject)
    return None if response is None else v2c.encode(access.community, response)


def _secured(sealed: v3.Sealed, subject: Subject, access: Access) -> bytes | None:
    engine, user = subject.engine(), access.users.get(sealed.user)
    if sealed.engine.id != engine.id:
        return _report(UNKNOWN_ENGINE, sealed, subject)
    if user is None:
        return _report(UNKNOWN_USER, sealed, subject)
    if sealed.level is not v3.Level.AUTH_PRIV:
        return _report(UNSUPPORTED_LEVEL, sealed, subject)
    keys = usm.keys(user, engine.id)
    try:
        scoped = sealed.open(keys)
        v3.check_time(engine, sealed.engine)
    except NotInTimeWindow:
        return _report(NOT_IN_WINDOW, sealed, subject, keys)
    except SecurityError as error:
        return _report(_COUNTERS.get(type(error), UNSUPPORTED_LEVEL), sealed, subject)
    response = respond(scoped.pdu, subject)
    return None if response is None else _sealed(sealed, subject, response, keys)


_COUNTERS: Mapping[type[SnmpError], int] = {WrongDigest: WRONG_DIGEST, DecryptionFailed: DECRYPTION}


def _sealed(asked: v3.Sealed, subject: Subject, response: bytes, keys: usm.Keys | None) -> bytes:
    return v3.write(
        message_id=asked.message_id,
        engine=subject.engine(),
        user=asked.user,
        encoded_pdu=response,
        keys=keys,
        salt=subject.next_salt(),
    )


def _report(counter: int, asked: v3.Sealed, subject: Subject, keys: usm.Keys | None = None) -> bytes | None:
    """RFC 3414, 3.2: what is wrong with a message, to a sender that takes reports."""
    if not asked.reportable:
        return None
    said: list[VarBind] = [(f"{_USM_STATS}.{counter}.0", Value(pdu.Kind.COUNTER32, 1))]
    return _sealed(asked, subject, pdu.encode(Pdu(PduKind.REPORT, _request_id(asked, keys), said)), keys)


def _request_id(asked: v3.Sealed, keys: usm.Keys | None) -> int:
    """That of the request where it can be read, else 0."""
    try:
        return asked.open(keys).pdu.request_id
    except SnmpError:
        return 0


def respond(request: Pdu, subject: Subject) -> bytes | None:
    """The encoded response to a request; None for what is none."""
    if request.kind is PduKind.SET:
        return pdu.encode(Pdu(PduKind.RESPONSE, request.request_id, request.varbinds, ErrorStatus.NOT_WRITABLE, 1))
    if request.kind not in (PduKind.GET, PduKind.GET_NEXT, PduKind.GET_BULK):
        return None
    layout, reading = subject.reading()
    names = [name for name, _ in request.varbinds]
    if request.kind is PduKind.GET:
        found = [(name, _instance(layout, reading, name)) for name in names]
    elif request.kind is PduKind.GET_NEXT:
        found = [_following(layout, reading, name) for name in names]
    else:
        found = list(_bulk(layout, reading, names, request.first, request.second))
    return pdu.encode(Pdu(PduKind.RESPONSE, request.request_id, found))


def _instance(layout: Layout, reading: Moment, name: str) -> Value:
    found = layout.get(name)
    if found is not None:
        return _value(found, reading)
    return pdu.NO_SUCH_INSTANCE if layout.has_instances_of(name) else pdu.NO_SUCH_OBJECT


def _following(layout: Layout, reading: Moment, name: str) -> VarBind:
    found = layout.after(name)
    return (name, pdu.END_OF_MIB_VIEW) if found is None else (found.name, _value(found, reading))


def _bulk(layout: Layout, reading: Moment, names: Sequence[str], first: int, repeat: int) -> Iterator[VarBind]:
    """RFC 3416, 4.2.3: the first `first` names once, the others up to `repeat` times, row by row."""
    once, rows = names[: max(0, first)], list(names[max(0, first) :])
    room = _MOST_BULK_OCTETS
    for name in once:
        yield _following(layout, reading, name)
    for _ in range(min(max(0, repeat), _MOST_REPETITIONS)):
        row = [_following(layout, reading, name) for name in rows]
        room -= len(pdu.encode_varbinds(row))
        if room < 0:
            return
        yield from row
        rows = [name for name, _ in row]
        if all(value.kind is pdu.Kind.END_OF_MIB_VIEW for _, value in row):
            return


def _value(found: Object, reading: Moment) -> Value:
    return Value(found.kind, found.read(reading))
