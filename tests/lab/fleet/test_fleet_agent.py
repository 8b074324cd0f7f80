"""The agent on paper: what it shows, how it walks, and what it says to those it does not believe."""

from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.fleet.agent import (
    DECRYPTION,
    NOT_IN_WINDOW,
    UNKNOWN_ENGINE,
    UNKNOWN_USER,
    UNSUPPORTED_LEVEL,
    WRONG_DIGEST,
    Access,
    answer,
    respond,
)
from lab.fleet.box import Hardware
from lab.fleet.fleet import facts_of
from lab.fleet.polling import curves_of, engine_id
from lab.fleet.roster import Roster, read, write
from lab.fleet.state import DeviceState, boot, link, meter
from lab.fleet.views.layout import Layout, layout
from lab.fleet.views.moment import Moment
from lab.fleet.views.objects import oid
from lab.fleet.views.shape import shape
from snmp import pdu, usm, v2c, v3
from snmp.pdu import ErrorStatus, Kind, Pdu, PduKind, Value, VarBind
from tests.lab.fleet.devices import ALL, MESH_AP, STREET_AP, SWITCH, boxed, tell

OBJECT_IDS = {
    "street-ap": "1.3.6.1.4.1.25053.3.1.11",
    "mesh-ap": "1.3.6.1.4.1.41112.1.6",
    "edge-switch": "1.3.6.1.4.1.9.1.1208",
}
NOON = 1_906_200_000.0
ROSTER = Roster(code="1", zone=ZoneInfo("Europe/Athens"), devices=ALL)
AUTH, PRIV, WRONG = "to prove who asks", "to hide what is asked", "guessed by somebody"
USER = usm.User(name="u", auth=usm.Auth.SHA256, auth_password=AUTH, priv_password=PRIV)
ACCESS = Access(community=b"town", users={b"u": USER})
NAME, UPTIME = "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.3.0"
SENDING = (
    *("configure terminal", "hostname ap-0001", "wlan free", "ssid FREE", "wlan staff", "ssid STAFF"),
    *("interface dot11radio 0", "channel 6", "eirp 17", "wlan free", "wlan staff", "exit"),
    *("interface dot11radio 0", "no shutdown"),
)


class OnPaper:
    """One device for the agent, at one moment."""

    def __init__(self, state: DeviceState, now: float) -> None:
        self.state, self.now, self.salt = state, now, 0

    def reading(self) -> tuple[Layout, Moment]:
        facts = facts_of(self.state)
        known = {device.id: device for device in ALL}
        curves = curves_of(self.state.hardware, known, 1, ROSTER)
        return layout(shape(self.state, facts)), Moment(self.state, facts, self.now, curves)

    def engine(self) -> v3.Engine:
        return v3.Engine(
            engine_id(self.state.hardware, b"12345678"), self.state.boots, int(self.state.uptime_s(self.now))
        )

    def next_salt(self) -> int:
        self.salt += 1
        return self.salt


def device(hardware: Hardware = STREET_AP, *lines: str, up_s: float = 3600.0) -> OnPaper:
    """A device that was told these lines at noon, and has run so since."""
    state, _ = tell(boot(boxed(hardware), NOON - 2), *lines, now=NOON)
    state = link(state, [3]) if hardware is SWITCH else state
    facts = facts_of(state)
    on = {radio.index for radio in facts.radios if radio.on_air} or {2}
    return OnPaper(meter(state, on, NOON), NOON + up_s)


def ask(subject: OnPaper, kind: PduKind, *names: str, first: int = 0, second: int = 0) -> Pdu:
    request = pdu.encode(Pdu(kind, 7, [(name, pdu.NULL) for name in names], first, second))
    found = answer(v2c.encode(b"town", request), subject, ACCESS)
    assert found is not None
    return v2c.decode(found).pdu


def get(subject: OnPaper, *names: str) -> list[int | bytes | str | None]:
    return [value.content for _, value in ask(subject, PduKind.GET, *names).varbinds]


def walk(subject: OnPaper) -> list[VarBind]:
    found: list[VarBind] = []
    name = "1.0"
    while True:
        ((name, value),) = ask(subject, PduKind.GET_NEXT, name).varbinds
        if value.kind is Kind.END_OF_MIB_VIEW:
            return found
        found.append((name, value))


@pytest.mark.parametrize("hardware", [pytest.param(h, id=h.platform) for h in ALL])
def test_a_walk_sees_everything_once_in_order(hardware: Hardware) -> None:
    subject = device(hardware)
    seen = walk(subject)
    names = [name for name, _ in seen]
    assert all(oid(before) < oid(after) for before, after in pairwise(names))
    assert len(seen) == len(subject.reading()[0])
    assert dict(seen)["1.3.6.1.2.1.1.2.0"] == Value(Kind.OID, OBJECT_IDS[hardware.platform])


@pytest.mark.parametrize("hardware", [pytest.param(h, id=h.platform) for h in ALL])
def test_get_and_walk_agree(hardware: Hardware) -> None:
    subject = device(hardware)
    seen = walk(subject)
    for start in range(0, len(seen), 50):
        part = seen[start : start + 50]
        assert ask(subject, PduKind.GET, *(name for name, _ in part)).varbinds == part


@pytest.mark.parametrize("hardware", [pytest.param(h, id=h.platform) for h in ALL])
def test_bulk_and_walk_agree(hardware: Hardware) -> None:
    subject = device(hardware)
    seen: list[VarBind] = []
    while not seen or seen[-1][1].kind is not Kind.END_OF_MIB_VIEW:
        seen += ask(subject, PduKind.GET_BULK, seen[-1][0] if seen else "1.0", second=40).varbinds
    assert [vb for vb in seen if vb[1].kind is not Kind.END_OF_MIB_VIEW] == walk(subject)


def test_bulk_asks_some_once_and_others_again() -> None:
    columns = ("1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.31.1.1.1.1")
    found = ask(device(), PduKind.GET_BULK, "1.3.6.1.2.1.1.4", *columns, first=1, second=2).varbinds
    assert [name for name, _ in found] == [
        "1.3.6.1.2.1.1.4.0",
        *("1.3.6.1.2.1.2.2.1.8.1", "1.3.6.1.2.1.31.1.1.1.1.1", "1.3.6.1.2.1.2.2.1.8.2", "1.3.6.1.2.1.31.1.1.1.1.2"),
    ]


def test_bulk_stops_before_it_grows_too_large() -> None:
    names = [("1.3.6.1.2.1.2.2.1.2", pdu.NULL)] * 20
    found = respond(Pdu(PduKind.GET_BULK, 7, names, 0, 10_000), device(SWITCH))
    assert found is not None
    assert 7000 < len(found) < 9000


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("1.3.6.1.2.1.2.2.1.8.99", Kind.NO_SUCH_INSTANCE, id="a column without this row"),
        pytest.param("1.3.6.1.2.1.99.1.0", Kind.NO_SUCH_OBJECT, id="an object that it does not have"),
        pytest.param("1.3.6.1.2.1.1.5", Kind.NO_SUCH_INSTANCE, id="an object without its instance"),
        pytest.param("1.3.6.1.2.1.1.9.0", Kind.NO_SUCH_OBJECT, id="a neighbour of objects that it has"),
    ],
)
def test_what_is_not_there_is_said_so(name: str, kind: Kind) -> None:
    assert ask(device(), PduKind.GET, name).varbinds == [(name, Value(kind, None))]


def test_what_the_command_line_sets_snmp_shows() -> None:
    ruckus = "1.3.6.1.4.1.25053.1.1.12.1.1.1"
    names = [NAME, f"{ruckus}.2.1.4.1", f"{ruckus}.2.1.6.1", "1.3.6.1.2.1.2.2.1.8.7", "1.3.6.1.2.1.2.2.1.8.6"]
    assert get(device(STREET_AP, *SENDING), *names) == [b"ap-0001", 6, 3, 1, 2], "17 dBm are 3 below full"
    assert get(device(STREET_AP, *SENDING, "shutdown"), *names) == [b"ap-0001", 6, 3, 2, 2]


NAMES = {
    STREET_AP: ["lo", "tunl0", "eth0", "eth1", "wifi1", "wifi0"],
    MESH_AP: ["lo", "eth0", "eth1", "br0", "wifi0", "wifi1"],
    SWITCH: [f"Gi1/0/{port}" for port in range(1, 5)],
}


@pytest.mark.parametrize("hardware", ALL, ids=lambda hardware: hardware.platform)
def test_interfaces_are_called_as_the_vendor_does(hardware: Hardware) -> None:
    seen = walk(device(hardware))
    names = [value.content for name, value in seen if name.startswith("1.3.6.1.2.1.31.1.1.1.1.")]
    assert names == [name.encode() for name in NAMES[hardware]]


def test_a_mesh_access_point_shows_its_virtual_ones() -> None:
    section = "uci set wireless.w"
    staged = (f"{section}=wifi-iface", f"{section}.ssid='FREE'", f"{section}.device='radio1'")
    radio = ("uci set wireless.radio1.disabled='0'", "uci set wireless.radio1.eirp='23'", "uci commit")
    vap = "1.3.6.1.4.1.41112.1.6.1.2.1"
    subject = device(MESH_AP, *staged, *radio)
    assert get(subject, *(f"{vap}.{c}.1" for c in (4, 6, 9, 21, 22))) == [36, b"FREE", b"na", 23, 1]
    assert ask(device(MESH_AP), PduKind.GET, f"{vap}.6.1").varbinds[0][1].is_missing


def test_a_switch_shows_its_ports_and_who_is_there() -> None:
    lines = ("conf t", "interface gigabitethernet 1/0/3", "description to the square", "exit", "vlan 110", "name free")
    power, neighbour = "1.3.6.1.2.1.105.1.1.1.6.1.3", "1.0.8802.1.1.2.1.4.1.1.9.0.3.1"
    names = ["1.3.6.1.2.1.31.1.1.1.18.3", "1.3.6.1.2.1.31.1.1.1.1.1110", power, neighbour]
    assert get(device(SWITCH, *lines), *names) == [b"to the square", b"Vl110", 3, b"ap-1"]
    states = get(device(SWITCH, *lines), *(f"1.3.6.1.2.1.2.2.1.8.{port}" for port in (1, 3)))
    assert states == [2, 1]


def test_clients_of_a_radio_are_shared_among_its_networks() -> None:
    ruckus = "1.3.6.1.4.1.25053.1.1"
    of_radio, *of_wlans = get(
        device(STREET_AP, *SENDING), f"{ruckus}.12.1.1.1.3.1.2.1", *(f"{ruckus}.6.1.1.1.4.1.3.{row}" for row in (1, 2))
    )
    assert of_radio == sum(n for n in of_wlans if isinstance(n, int)) > 0


@pytest.mark.slow
@settings(max_examples=30)
@given(times=st.lists(st.floats(0, 10 * 86400), min_size=2, max_size=6).map(sorted))
def test_every_counter_only_grows(times: list[float]) -> None:
    subject = device(STREET_AP, *SENDING)
    counters = [name for name, value in walk(subject) if value.kind is Kind.COUNTER64]
    read = [get(OnPaper(subject.state, NOON + at), *counters) for at in times]
    for before, later in pairwise(read):
        assert all(isinstance(a, int) and isinstance(b, int) and a <= b for a, b in zip(before, later, strict=True))


def test_both_ends_of_a_cable_count_alike() -> None:
    lines = ("conf t", "wlan w", "ssid S", *(f"interface dot11radio {n}\nno shutdown\nwlan w" for n in (0, 1)))
    there = device(STREET_AP, *(part for line in lines for part in line.split("\n")))
    into_ap, out_of_ap = get(there, "1.3.6.1.2.1.31.1.1.1.6.4", "1.3.6.1.2.1.31.1.1.1.10.4")
    into_switch, out_of_switch = get(device(SWITCH), "1.3.6.1.2.1.31.1.1.1.6.3", "1.3.6.1.2.1.31.1.1.1.10.3")
    assert isinstance(into_ap, int) and isinstance(out_of_ap, int) and into_ap > out_of_ap > 0
    assert isinstance(into_switch, int) and isinstance(out_of_switch, int)
    assert abs(into_switch - out_of_ap) <= 2 and abs(out_of_switch - into_ap) <= 2


def test_a_reboot_begins_everything_anew() -> None:
    subject = device(STREET_AP, *SENDING)
    octets = "1.3.6.1.2.1.31.1.1.1.6.4"
    (before, counted) = get(subject, UPTIME, octets)
    assert before == 360_000 and isinstance(counted, int) and counted > 0
    rebooted = OnPaper(boot(subject.state, subject.now), subject.now + 3)
    assert get(rebooted, UPTIME, octets) == [100, 0]
    assert rebooted.engine().boots == subject.engine().boots + 1


@pytest.mark.parametrize(
    "datagram",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x30\x84\xff\xff\xff\xff", id="a length of four gigabytes"),
        pytest.param(v2c.encode(b"guess", pdu.encode(Pdu(PduKind.GET, 1, []))), id="another community"),
        pytest.param(v2c.encode(b"town", pdu.encode(Pdu(PduKind.TRAP, 1, []))), id="what is no request"),
        pytest.param(b"\x30\x03\x02\x01\x00", id="version 1"),
    ],
)
def test_silence(datagram: bytes) -> None:
    assert answer(datagram, device(), ACCESS) is None


@given(st.binary(max_size=200))
def test_no_datagram_breaks_it(noise: bytes) -> None:
    subject = device()
    asked = sealed(subject)
    for data in (noise, asked[:40] + noise, asked[: len(noise)]):
        answer(data, subject, ACCESS)


def test_setting_is_refused() -> None:
    found = ask(device(), PduKind.SET, NAME)
    assert (found.first, found.second) == (ErrorStatus.NOT_WRITABLE, 1)


def sealed(
    subject: OnPaper, *, engine: v3.Engine | None = None, user: usm.User | None = USER, reportable: bool = True
) -> bytes:
    engine = engine or subject.engine()
    return v3.write(
        message_id=9,
        engine=engine,
        user=user.name.encode() if user else b"u",
        encoded_pdu=pdu.encode(Pdu(PduKind.GET, 7, [(NAME, pdu.NULL)])),
        keys=usm.keys(user, engine.id) if user else None,
        salt=1,
        reportable=reportable,
    )


def test_whoever_has_the_keys_is_answered() -> None:
    subject = device(STREET_AP, *SENDING)
    found = answer(sealed(subject), subject, ACCESS)
    assert found is not None
    opened = v3.read(found)
    assert (opened.message_id, opened.engine, opened.level) == (9, subject.engine(), v3.Level.AUTH_PRIV)
    assert opened.open(usm.keys(USER, opened.engine.id)).pdu.varbinds == [(NAME, Value(Kind.OCTETS, b"ap-0001"))]


def other(name: str = "u", auth: str = AUTH, priv: str = PRIV) -> usm.User:
    return usm.User(name=name, auth=usm.Auth.SHA256, auth_password=auth, priv_password=priv)


def at(subject: OnPaper, boots: int = 0, seconds: int = 0) -> v3.Engine:
    mine = subject.engine()
    return v3.Engine(mine.id, mine.boots + boots, mine.time + seconds)


SUBJECT = device()


@pytest.mark.parametrize(
    ("data", "counter"),
    [
        pytest.param(sealed(SUBJECT, engine=v3.Engine(b"", 0, 0), user=None), UNKNOWN_ENGINE, id="discovery"),
        pytest.param(sealed(SUBJECT, engine=v3.Engine(b"elsewhere", 1, 1)), UNKNOWN_ENGINE, id="another's engine"),
        pytest.param(sealed(SUBJECT, user=other(name="x")), UNKNOWN_USER, id="a user it does not know"),
        pytest.param(sealed(SUBJECT, user=None), UNSUPPORTED_LEVEL, id="nothing secured"),
        pytest.param(sealed(SUBJECT, user=other(auth=WRONG)), WRONG_DIGEST, id="a wrong key"),
        pytest.param(sealed(SUBJECT, user=other(priv=WRONG)), DECRYPTION, id="a wrong privacy key"),
        pytest.param(sealed(SUBJECT, engine=at(SUBJECT, boots=-1)), NOT_IN_WINDOW, id="from before its last boot"),
        pytest.param(sealed(SUBJECT, engine=at(SUBJECT, seconds=-151)), NOT_IN_WINDOW, id="too old"),
        pytest.param(sealed(SUBJECT, engine=at(SUBJECT, seconds=151)), NOT_IN_WINDOW, id="from the future"),
    ],
)
def test_what_it_does_not_believe_it_reports(data: bytes, counter: int) -> None:
    found = answer(data, SUBJECT, ACCESS)
    assert found is not None
    opened = v3.read(found)
    said = opened.open(usm.keys(USER, opened.engine.id) if opened.level else None).pdu
    assert said.kind is PduKind.REPORT
    assert [name for name, _ in said.varbinds] == [f"1.3.6.1.6.3.15.1.1.{counter}.0"]
    assert opened.engine == SUBJECT.engine(), "so that the other end learns it"


def test_no_report_to_whoever_takes_none() -> None:
    assert answer(sealed(SUBJECT, user=other(name="x"), reportable=False), SUBJECT, ACCESS) is None


def test_answers_of_one_key_have_salts_of_their_own() -> None:
    salts = {v3.read(answer(sealed(SUBJECT), SUBJECT, ACCESS) or b"").salt for _ in range(20)}
    assert len(salts) == 20


def test_the_access_shows_no_secret() -> None:
    assert not any(secret in repr(ACCESS) for secret in (AUTH, PRIV, "town"))


def test_a_roster_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(ROSTER, tmp_path / "fleet.json")
    assert read(tmp_path / "fleet.json") == ROSTER
