"""RouterOS: what an access point exports, what it is told, and what of it stays as it was."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.model.city import City
from city.model.wireless import AccessPoint, Band, Radio, Security, Ssid
from monitoring.answers import readings, words
from monitoring.radio_condition import NOT_FOR_EVERYBODY, NOT_SHOWN, SHUT, UP, Condition
from monitoring.radios import judge
from network.diff import compare
from platforms.grammar.configuration import Configuration
from platforms.grammar.scope import left_alone
from platforms.registry import intended, profile
from platforms.routeros import GRAMMAR, misfits
from tests.monitoring.walked import walked
from tests.platforms import promise

# In the form of `/export terse` of RouterOS 7.18 on a wAP, put together from several exports.
AS_EXPORTED = """# 2025-04-20 16:18:22 by RouterOS 7.18.2
# software id = Q684-XXXX
#
# model = RBwAPG-5HacD2HnD
/interface bridge add name=bridge vlan-filtering=no
/interface wireless set [ find default-name=wlan2 ] band=5ghz-a/n/ac channel-width=20/40mhz-Ce disabled=no \
frequency=5620 mode=ap-bridge ssid="by hand"
/interface wireless security-profiles set [ find default=yes ] supplicant-identity=MikroTik
/interface wireless security-profiles add name=city-old supplicant-identity=""
/interface wireless set [ find default-name=wlan1 ] band=2ghz-b/g/n country=greece ssid=MikroTik
/interface wireless add disabled=no mac-address=DE:2C:6E:0D:FE:71 master-interface=wlan2 name=wlan3 ssid="a \\"b\\" c"
/ip dhcp-client add interface=bridge
/interface bridge port add bridge=bridge comment=defconf interface=ether1
/interface bridge port add bridge=bridge interface=city-old-wlan2
/ip service set telnet disabled=yes
/ip service set ssh port=22
/ip route add disabled=no distance=1 dst-address=0.0.0.0/0 gateway=10.10.0.1
/system identity set name="street 7"
/system note set show-at-login=no
/system ntp client set enabled=yes
/system ntp client servers add address=pool.ntp.org
/radius add address=10.9.9.9 service=wireless
"""
READ = GRAMMAR.parse(AS_EXPORTED)
FACTORY = {
    "default-forwarding=yes",
    "security-profile=default",
    "tx-power-mode=default",
    "vlan-id=1",
    "vlan-mode=no-tag",
}
"""What an export says by leaving it out, of a radio that has none of these set."""


@pytest.fixture
def city(example_city: City) -> City:
    """As the example is, with its networks open."""
    return replace(example_city, ssids=tuple(replace(s, security=Security.OPEN) for s in example_city.ssids))


def point(city: City, **changes: object) -> AccessPoint:
    found = city.device("ap-0003")
    assert isinstance(found, AccessPoint)
    return replace(found, platform="routeros", **changes)  # type: ignore[arg-type]  # fields by name


def test_an_export_is_read_and_written_to_the_same_value() -> None:
    assert GRAMMAR.parse(GRAMMAR.render(READ)) == READ
    assert READ.lines("/interface wireless default-name=wlan2") == {
        "band=5ghz-a/n/ac",
        "channel-width=20/40mhz-Ce",
        "disabled=no",
        "frequency=5620",
        "mode=ap-bridge",
        "ssid=by hand",
        *FACTORY,
    }
    assert READ.lines("/system identity") == {"name=street 7"}
    assert READ.lines("/ip service telnet") == {"disabled=yes"}
    assert 'ssid=a "b" c' in READ.lines("/interface wireless name=wlan3")


def test_what_an_export_leaves_out_is_the_factory_s_value() -> None:
    assert "disabled=yes" in READ.lines("/interface wireless default-name=wlan1")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param(r"\CE\94\CE\97\CE\9C\CE\9F\CE\A3 5", "ΔΗΜΟΣ 5", id="letters of UTF-8"),
        pytest.param(r"a \"b\" c", 'a "b" c', id="quotes"),
        pytest.param(r"\$y \? \\", "$y ? \\", id="what a script would take for its own"),
        pytest.param(r"one\r\ntwo", "one\r\ntwo", id="a line break"),
        pytest.param(r"a] b", "a] b", id="a bracket"),
    ],
)
def test_text_is_read_as_the_console_writes_it(written: str, meant: str) -> None:
    read = GRAMMAR.parse(f'/interface wireless set [ find name="{written}" ] ssid="{written}"\n')
    assert f"ssid={meant}" in read.lines(f"/interface wireless name={meant}")
    assert GRAMMAR.parse(GRAMMAR.render(READ)) == READ


def test_letters_are_typed_as_octets() -> None:
    (line,) = GRAMMAR.remedy(Configuration.of({}), Configuration.of({"/system identity": ["name=Δ 5"]}))
    assert line == r'/system identity set name="\CE\94 5"'


def test_a_line_that_an_export_folds_is_one_line() -> None:
    folded = "/interface wireless set [ find default-name=wlan1 ] ssid=x \\\r\n    disabled=no\r\n"
    assert GRAMMAR.parse(folded).lines("/interface wireless default-name=wlan1") >= {"ssid=x", "disabled=no"}


@pytest.mark.parametrize("text", ["", "# 2025-04-20 by RouterOS 7.18.2\n#\n", "bad command name export\n"])
def test_what_holds_no_line_is_no_configuration(text: str) -> None:
    with pytest.raises(ValueError, match="no configuration of routeros"):
        GRAMMAR.parse(text)


def test_a_box_is_brought_to_what_the_city_declares(city: City) -> None:
    wanted = intended(city, point(city))
    lines = compare(GRAMMAR, READ, wanted).lines
    after = GRAMMAR.after(READ, lines)
    assert GRAMMAR.managed(after, wanted) == wanted
    assert not compare(GRAMMAR, after, wanted)
    (staff,) = (line for line in lines if line.startswith("/interface wireless add name=city-staff-wlan1 "))
    assert {"master-interface=wlan1", "ssid=EXAMPLE-STAFF", "vlan-id=120", "default-forwarding=yes"} <= set(
        staff.split()
    )
    assert {
        "/interface bridge port add interface=city-staff-wlan1 bridge=bridge",
        "/interface wireless remove [ find name=wlan3 ]",
        "/interface bridge port remove [ find interface=city-old-wlan2 ]",
        "/interface wireless security-profiles remove [ find name=city-old ]",
        "/system ntp client servers remove [ find address=pool.ntp.org ]",
        "/system identity set name=ap-0003",
    } <= set(lines)
    (radio,) = (line for line in lines if "default-name=wlan1" in line)
    assert {"frequency=2462", "tx-power=18", "ssid=EXAMPLE-FREE", "vlan-id=110"} <= set(radio.split())
    assert "band=2ghz-b/g/n" in after.lines("/interface wireless default-name=wlan1")


def test_nothing_refers_to_what_is_not_there_yet_or_gone_already(city: City) -> None:
    lines = compare(GRAMMAR, READ, intended(city, point(city))).lines

    def place(beginning: str) -> int:
        return next(i for i, line in enumerate(lines) if line.startswith(beginning))

    assert place("/interface bridge port remove") < place("/interface wireless remove")
    assert place("/interface wireless remove") < place("/interface wireless security-profiles remove")
    assert place("/interface wireless security-profiles add") < place("/interface wireless add")
    assert place("/interface wireless add") < place("/interface bridge port add interface=city")


def test_a_radio_that_is_not_declared_is_off_and_its_networks_with_it(city: City) -> None:
    whole = point(city)
    before = intended(city, whole)
    less = intended(city, replace(whole, radios=tuple(r for r in whole.radios if r.band is Band.GHZ_2_4)))
    after = GRAMMAR.after(before, compare(GRAMMAR, before, less).lines)
    assert "disabled=yes" in after.lines("/interface wireless default-name=wlan2")
    assert after.lines("/interface wireless default-name=wlan1") == before.lines(
        "/interface wireless default-name=wlan1"
    )
    assert "/interface wireless name=city-staff-wlan2" not in after.sections


def test_what_is_not_ours_is_named_and_stays(city: City) -> None:
    wanted = intended(city, point(city))
    named = {part.header for part in left_alone(GRAMMAR, READ, wanted)}
    hand_made = {"/radius address=10.9.9.9 service=wireless", "/ip service ssh", "/interface bridge name=bridge"}
    assert hand_made <= named
    after = GRAMMAR.after(READ, compare(GRAMMAR, READ, wanted).lines)
    assert all(after.lines(header) == READ.lines(header) for header in hand_made)


def test_the_way_back_is_there_before_the_first_line_and_goes_with_its_backup() -> None:
    save, timer = GRAMMAR.arm(("LINE",), 120)
    assert save.startswith("/system backup save name=asty ")
    assert "interval=120s" in timer and 'on-event="/system backup load name=asty' in timer
    assert GRAMMAR.confirm() == (
        "/system scheduler remove [ find name=asty ]",
        "/file remove [ find name=asty.backup ]",
    )
    assert GRAMMAR.revert(("INVERSE",))[0] == "INVERSE", "the timer runs until the way back was walked"


@pytest.mark.parametrize("prompt", ["[admin@MikroTik] > ", "[ops@street 7] /interface/wireless> "])
def test_its_prompt_ends_an_answer(prompt: str) -> None:
    assert re.fullmatch(GRAMMAR.prompt, prompt)


@pytest.mark.parametrize(
    "said",
    [
        "bad command name foo (line 1 column 2)",
        "expected end of command (line 1 column 12)",
        "syntax error (line 1 column 3)",
        "input does not match any value of mode",
        "failure: already have interface with such name",
        "no such item",
        "value of frequency out of range",
    ],
)
def test_a_refusal_is_known(said: str) -> None:
    assert re.fullmatch(GRAMMAR.errors, said)


def test_check_refuses_a_network_that_the_wireless_package_cannot_protect(example_city: City) -> None:
    told = [(misfit.thing, misfit.field) for misfit in misfits(point(example_city), example_city.ssids)]
    assert told == [(ssid, "security") for ssid in example_city.ssids]
    free = Ssid(id="free", name="FREE", vlan=110, security=Security.OPEN)
    assert not list(misfits(point(example_city), (free,)))
    weak = point(example_city, radios=(Radio(band=Band.GHZ_5, channel=100, eirp_dbm=1),))
    assert [misfit.field for misfit in misfits(weak, ())] == ["eirp_5GHz_dbm"]


def test_it_is_polled_as_its_mib_says() -> None:
    asked = {column.metric: column.oid for column in profile("routeros").tables}
    assert asked["mtxrWlApSsid"] == "1.3.6.1.4.1.14988.1.1.1.3.1.4"
    assert asked["mtxrWlApFreq"] == "1.3.6.1.4.1.14988.1.1.1.3.1.7"
    assert {"ifHCInOctets", "hrProcessorLoad"} <= asked.keys()


# In the form of `snmpwalk -On`: an interface for each network of each radio; the one at 5 GHz is shut.
SHOWN = """
.1.3.6.1.2.1.2.2.1.7.3 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.7.4 = INTEGER: down(2)
.1.3.6.1.2.1.2.2.1.7.7 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.8.3 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.8.4 = INTEGER: down(2)
.1.3.6.1.2.1.2.2.1.8.7 = INTEGER: up(1)
.1.3.6.1.4.1.14988.1.1.1.3.1.4.3 = STRING: "EXAMPLE-FREE"
.1.3.6.1.4.1.14988.1.1.1.3.1.4.4 = STRING: "EXAMPLE-FREE"
.1.3.6.1.4.1.14988.1.1.1.3.1.4.7 = STRING: "EXAMPLE-STAFF"
.1.3.6.1.4.1.14988.1.1.1.3.1.7.3 = INTEGER: 2462
.1.3.6.1.4.1.14988.1.1.1.3.1.7.4 = INTEGER: 5660
.1.3.6.1.4.1.14988.1.1.1.3.1.7.7 = INTEGER: 2462
.1.3.6.1.4.1.14988.1.1.1.3.1.8.3 = STRING: "2ghz-b/g/n"
.1.3.6.1.4.1.14988.1.1.1.3.1.8.4 = STRING: "5ghz-a/n/ac"
.1.3.6.1.4.1.14988.1.1.1.3.1.8.7 = STRING: "2ghz-b/g/n"
"""


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        pytest.param("", "", (UP, SHUT), id="one sends, one is shut"),
        pytest.param(".7.4 = INTEGER: down(2)", ".7.4 = INTEGER: up(1)", (UP, UP), id="both send, one to nobody yet"),
        pytest.param(".8.3 = INTEGER: up(1)", ".8.3 = INTEGER: down(2)", (UP, SHUT), id="no client is connected"),
        pytest.param('"EXAMPLE-FREE"', '"OTHER"', (NOT_FOR_EVERYBODY, SHUT), id="no network for everybody"),
        pytest.param("5ghz-a/n/ac", "6ghz-ax", (UP, NOT_SHOWN), id="a band that nobody declares"),
    ],
)
def test_what_its_radios_send_is_read_by_the_mib_s_own_names(
    example_city: City, old: str, new: str, seen: tuple[Condition, Condition]
) -> None:
    answers, asked = walked(SHOWN.replace(old, new) if old else SHOWN), profile("routeros")
    judged = judge(example_city, point(example_city), readings(asked, answers), words(asked, answers))
    assert (judged[Band.GHZ_2_4], judged[Band.GHZ_5]) == seen


WORD = st.sampled_from(["a", "north 3", 'say "x"', "$y", "back\\slash"])
DRAWN = st.fixed_dictionaries(
    {
        "/system identity": WORD.map(lambda name: [f"name={name}"]),
        "/interface wireless default-name=wlan1": WORD.map(
            lambda ssid: [f"ssid={ssid}", "disabled=no", "mode=station", *FACTORY]
        ),
    },
    optional={
        f"/interface wireless name=city-{name}-wlan1": WORD.map(
            lambda ssid: ["disabled=no", "mode=ap-bridge", f"ssid={ssid}", *FACTORY]
        )
        for name in "ab"
    },
).map(Configuration.of)
STRANGE = Configuration.of(
    {"/radius address=10.9.9.9 service=wireless": [], "/ip service telnet": ["disabled=yes"], "/snmp": ["enabled=yes"]}
)


@given(DRAWN, DRAWN)
def test_it_keeps_the_promises_of_every_grammar(before: Configuration, wanted: Configuration) -> None:
    promise.brings_there_and_touches_nothing_else(GRAMMAR, before, wanted, STRANGE)
    promise.leads_back(GRAMMAR, before, wanted)
    promise.reads_what_it_writes(GRAMMAR, wanted)
