"""SNMPv3's security beside the worked examples of its RFCs, and against tampering."""

# ruff: noqa: S106, S107 - the passwords of the RFCs' examples

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysnmp.proto.rfc1902 import OctetString
from pysnmp.proto.secmod.rfc3414 import localkey
from pysnmp.proto.secmod.rfc7860.auth.hmacsha2 import HmacSha2

from snmp import pdu, usm, v3
from snmp.errors import DecryptionFailed, NotInTimeWindow, SecurityError, SnmpError, UnsupportedLevel, WrongDigest
from snmp.pdu import Pdu, PduKind
from snmp.usm import Auth, User
from snmp.v3 import Engine

RFC_ENGINE = bytes.fromhex("000000000000000000000002")
ENGINE = Engine(b"\x80\x00\x1f\x88\x04city", 3, 1000)
QUESTION = Pdu(PduKind.GET, 7, [("1.3.6.1.2.1.1.3.0", pdu.NULL)])


def user(auth: Auth = Auth.SHA256, auth_password: str = "maplesyrup", priv_password: str = "mapletree") -> User:
    return User(name="poller", auth=auth, auth_password=auth_password, priv_password=priv_password)


def sealed(who: User, salt: int = 1) -> bytes:
    return v3.write(
        message_id=99,
        engine=ENGINE,
        user=who.name.encode(),
        encoded_pdu=pdu.encode(QUESTION),
        keys=usm.keys(who, ENGINE.id),
        salt=salt,
        reportable=True,
    )


def test_keys_are_those_of_rfc_3414_a_3_2() -> None:
    master = usm.master_key(Auth.SHA1, "maplesyrup")
    assert master.hex() == "9fb5cc0381497b3793528939ff788d5d79145211"
    assert usm.localise(Auth.SHA1, master, RFC_ENGINE).hex() == "6695febc9288e36282235fc7151f128497b38f3f"


@pytest.mark.parametrize("auth", [Auth.SHA224, Auth.SHA256, Auth.SHA384, Auth.SHA512])
def test_sha2_keys_are_pysnmps(auth: Auth) -> None:
    name = {Auth.SHA224: (1, 3, 6, 1, 6, 3, 10, 1, 1, 4), Auth.SHA256: (1, 3, 6, 1, 6, 3, 10, 1, 1, 5)}
    name |= {Auth.SHA384: (1, 3, 6, 1, 6, 3, 10, 1, 1, 6), Auth.SHA512: (1, 3, 6, 1, 6, 3, 10, 1, 1, 7)}
    theirs = localkey.password_to_key(b"maplesyrup", OctetString(RFC_ENGINE), HmacSha2.HASH_ALGORITHM[name[auth]])
    assert usm.localise(auth, usm.master_key(auth, "maplesyrup"), RFC_ENGINE) == bytes(theirs)


@pytest.mark.parametrize("auth", list(Auth))
def test_a_message_opens_with_its_own_keys(auth: Auth) -> None:
    who = user(auth)
    found = v3.read(sealed(who))
    assert (found.message_id, found.engine, found.user, found.reportable) == (99, ENGINE, b"poller", True)
    assert found.open(usm.keys(who, ENGINE.id)).pdu == QUESTION
    assert b"\x2b\x06\x01\x02\x01\x01\x03" not in found.data, "the question is not readable on the path"


def test_wrong_keys_are_told_apart() -> None:
    message = v3.read(sealed(user()))
    with pytest.raises(WrongDigest):
        message.open(usm.keys(user(auth_password="another one"), ENGINE.id))
    with pytest.raises(DecryptionFailed):
        message.open(usm.keys(user(priv_password="another one"), ENGINE.id))
    with pytest.raises(UnsupportedLevel):
        message.open(None)


def test_no_two_messages_look_alike() -> None:
    assert sealed(user(), salt=1) != sealed(user(), salt=2)


def test_a_discovery_is_in_the_open() -> None:
    blank = Engine(b"", 0, 0)
    found = v3.read(v3.write(message_id=1, engine=blank, user=b"", encoded_pdu=pdu.encode(QUESTION), reportable=True))
    assert found.level is v3.Level.NO_AUTH
    assert found.open(None).pdu == QUESTION


@given(st.data())
def test_no_changed_octet_passes(data: st.DataObject) -> None:
    message = bytearray(sealed(user()))
    at = data.draw(st.integers(0, len(message) - 1))
    message[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SnmpError):
        open_private(bytes(message))


def open_private(message: bytes) -> v3.Scoped:
    """As an engine does that wants privacy and refuses anything less."""
    found = v3.read(message)
    if found.level is not v3.Level.AUTH_PRIV:
        raise UnsupportedLevel("less than privacy")
    return found.open(usm.keys(user(), ENGINE.id))


@pytest.mark.parametrize(
    ("boots", "time", "fits"),
    [
        pytest.param(3, 1000, True, id="the very moment"),
        pytest.param(3, 1150, True, id="at the edge ahead"),
        pytest.param(3, 850, True, id="at the edge behind"),
        pytest.param(3, 1151, False, id="too far ahead"),
        pytest.param(3, 849, False, id="too old"),
        pytest.param(2, 1000, False, id="from before the last boot"),
        pytest.param(4, 1000, False, id="from a boot to come"),
    ],
)
def test_the_window_of_the_asked_engine(boots: int, time: int, fits: bool) -> None:  # noqa: FBT001 - a table's column
    message = Engine(ENGINE.id, boots, time)
    if fits:
        v3.check_time(ENGINE, message)
    else:
        with pytest.raises(NotInTimeWindow):
            v3.check_time(ENGINE, message)


def test_the_asking_end_refuses_replays_only() -> None:
    v3.check_fresh(ENGINE, Engine(ENGINE.id, 3, 9999))
    v3.check_fresh(ENGINE, Engine(ENGINE.id, 4, 0))
    for old in (Engine(ENGINE.id, 3, 849), Engine(ENGINE.id, 2, 5000)):
        with pytest.raises(NotInTimeWindow):
            v3.check_fresh(ENGINE, old)


def test_passwords_never_show() -> None:
    who = user(auth_password="open sesame")
    assert "sesame" not in repr(who) and "sesame" not in repr(usm.keys(who, ENGINE.id))
    with pytest.raises(ValueError, match="not empty"):
        usm.keys(user(auth_password=""), ENGINE.id)
    assert issubclass(WrongDigest, SecurityError)
