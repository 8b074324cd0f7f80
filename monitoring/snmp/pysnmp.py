"""pysnmp behind the same Protocol: the fallback, and the judge of our own engine, at some thirty times the CPU.

It cannot tell from which address an answer came. Who leaves it without an answer is knocked at once more, by our own
socket: pysnmp drops without a word what it does not understand.
"""

import asyncio
from typing import Any

from pysnmp.hlapi.v3arch.asyncio import (
    USM_AUTH_HMAC96_SHA,
    USM_AUTH_HMAC128_SHA224,
    USM_AUTH_HMAC192_SHA256,
    USM_AUTH_HMAC256_SHA384,
    USM_AUTH_HMAC384_SHA512,
    USM_PRIV_CFB128_AES,
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    UsmUserData,
    bulk_cmd,
    get_cmd,
    next_cmd,
)
from pysnmp.proto import errind

from city.inventory import Endpoint, SnmpV2c
from city.secrets import resolve
from monitoring.snmp.client import (
    Answers,
    NoAnswer,
    OutOfWindow,
    Patience,
    Question,
    Trouble,
    WrongKey,
    WrongPrivacyKey,
    WrongUser,
)
from monitoring.snmp.knock import knock
from monitoring.snmp.reading import Habits, Stopwatch, read
from monitoring.snmp.walk import Request, names
from snmp.pdu import Kind, Pdu, PduKind, Value, VarBind

_AUTH = {
    "sha1": USM_AUTH_HMAC96_SHA,
    "sha224": USM_AUTH_HMAC128_SHA224,
    "sha256": USM_AUTH_HMAC192_SHA256,
    "sha384": USM_AUTH_HMAC256_SHA384,
    "sha512": USM_AUTH_HMAC384_SHA512,
}
_TROUBLE: dict[type[Any], type[Trouble]] = {
    errind.RequestTimedOut: NoAnswer,
    errind.UnknownUserName: WrongUser,
    errind.WrongDigest: WrongKey,
    errind.AuthenticationFailure: WrongKey,
    errind.DecryptionError: WrongPrivacyKey,
    errind.NotInTimeWindow: OutOfWindow,
}
_KINDS = {kind.value: kind for kind in Kind}
_COMMANDS = {PduKind.GET: get_cmd, PduKind.GET_NEXT: next_cmd, PduKind.GET_BULK: bulk_cmd}


class PySnmp:
    """One pysnmp engine; what it knows of agents is kept between reads.

    It asks from the local address `source`, from any where it is empty, with at most `in_flight` questions at a
    time: an answer that waits behind hundreds of others for our CPU would come too late and count as silence.
    """

    def __init__(self, patience: Patience | None = None, in_flight: int = 64, source: str = "") -> None:
        self._engine = SnmpEngine()
        self._patience, self._source = patience or Patience(), source
        self._turns = asyncio.Semaphore(in_flight)
        self._access: dict[str, Any] = {}
        self._habits: dict[str, Habits] = {}

    async def close(self) -> None:
        self._engine.close_dispatcher()

    async def read(self, endpoint: Endpoint, question: Question) -> Answers:
        """See SnmpClient.read."""
        habits = self._habits.setdefault(endpoint.device, Habits())
        watch = Stopwatch(self._patience.whole_s)

        async def ask(request: Request, tries: int) -> Pdu:
            return await self._ask(endpoint, request, tries, watch)

        try:
            return await read(ask, question, habits, self._patience, watch)
        except NoAnswer:
            found = await knock(endpoint, self._source, self._patience.timeout_s)
            if (trouble := found.trouble(endpoint)) is not None:
                raise trouble from None
            raise

    async def _ask(self, endpoint: Endpoint, request: Request, tries: int, watch: Stopwatch) -> Pdu:
        target = await UdpTransportTarget.create(
            (str(endpoint.address), endpoint.snmp_port), timeout=self._patience.timeout_s, retries=tries - 1
        )
        if self._source:
            target.set_local_address((self._source, 0))
        bounds = (len(request.once), request.rows) if request.kind is PduKind.GET_BULK else ()
        async with self._turns:
            with watch:
                failed, status, _, bound = await _COMMANDS[request.kind](
                    self._engine,
                    self._credentials(endpoint),
                    target,
                    ContextData(),
                    *bounds,
                    *(ObjectType(ObjectIdentity(name)) for name in names(request)),
                    lookupMib=False,
                )
        if isinstance(failed, errind.EmptyResponse):
            return Pdu(PduKind.RESPONSE, 0, [])
        if failed:
            raise _TROUBLE.get(type(failed), Trouble)(str(failed))
        return Pdu(PduKind.RESPONSE, 0, [_varbind(oid, value) for oid, value in bound], int(status))

    def _credentials(self, endpoint: Endpoint) -> Any:  # noqa: ANN401 - pysnmp is untyped
        if endpoint.device not in self._access:
            self._access[endpoint.device] = _credentials(endpoint)
        return self._access[endpoint.device]


def _credentials(endpoint: Endpoint) -> Any:  # noqa: ANN401 - pysnmp is untyped
    access = endpoint.snmp
    if isinstance(access, SnmpV2c):
        return CommunityData(resolve(access.community).reveal(), mpModel=1)  # noqa: S508 - for devices declared v2c
    return UsmUserData(
        access.user,
        resolve(access.auth).reveal(),
        resolve(access.priv).reveal(),
        authProtocol=_AUTH[access.auth_protocol],
        privProtocol=USM_PRIV_CFB128_AES,
    )


def _varbind(oid: Any, value: Any) -> VarBind:  # noqa: ANN401 - pysnmp is untyped
    tag = value.tagSet.superTags[-1]
    kind = _KINDS[tag.tagClass | tag.tagFormat | tag.tagId]
    return str(oid), Value(kind, _content(kind, value))


def _content(kind: Kind, value: Any) -> int | bytes | str | None:  # noqa: ANN401 - pysnmp is untyped
    if kind is Kind.NULL or kind >= Kind.NO_SUCH_OBJECT:
        return None
    if kind is Kind.OID:
        return str(value)
    return bytes(value) if kind in (Kind.OCTETS, Kind.IP_ADDRESS, Kind.OPAQUE) else int(value)
