"""OpenWrt: what the box shows as it comes, what it is told, and what of it stays as it was."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.model.city import City
from city.model.wireless import AccessPoint, Band, Radio
from network.diff import compare
from platforms.grammar.configuration import Configuration
from platforms.grammar.scope import left_alone
from platforms.openwrt import GRAMMAR, misfits
from platforms.registry import intended, profile
from tests.platforms import promise

# In the form of `uci show` of OpenWrt 23.05 on ath79, shortened.
AS_IT_COMES = """network.loopback=interface
network.loopback.device='lo'
network.loopback.proto='static'
network.loopback.ipaddr='127.0.0.1'
network.lan=interface
network.lan.device='br-lan'
network.lan.proto='dhcp'
network.@device[0]=device
network.@device[0].name='br-lan'
network.@device[0].type='bridge'
network.@device[0].ports='eth0'
system.@system[0]=system
system.@system[0].hostname='OpenWrt'
system.@system[0].timezone='UTC'
system.@system[0].ttylogin='0'
system.ntp=timeserver
system.ntp.enabled='1'
system.ntp.server='0.openwrt.pool.ntp.org' '1.openwrt.pool.ntp.org' '2.openwrt.pool.ntp.org'
wireless.radio0=wifi-device
wireless.radio0.type='mac80211'
wireless.radio0.path='platform/ahb/18100000.wmac'
wireless.radio0.band='2g'
wireless.radio0.channel='1'
wireless.radio0.htmode='HT20'
wireless.radio0.disabled='1'
wireless.default_radio0=wifi-iface
wireless.default_radio0.device='radio0'
wireless.default_radio0.network='lan'
wireless.default_radio0.mode='ap'
wireless.default_radio0.ssid='OpenWrt'
wireless.default_radio0.encryption='none'
wireless.radio1=wifi-device
wireless.radio1.type='mac80211'
wireless.radio1.band='5g'
wireless.radio1.channel='36'
wireless.radio1.htmode='VHT80'
wireless.@wifi-iface[1]=wifi-iface
wireless.@wifi-iface[1].device='radio1'
wireless.@wifi-iface[1].ssid='by hand'
wireless.@wifi-iface[2]=wifi-iface
wireless.@wifi-iface[2].device='radio1'
"""
COMES = GRAMMAR.parse(AS_IT_COMES)


def point(city: City, **changes: object) -> AccessPoint:
    found = city.device("ap-0003")
    assert isinstance(found, AccessPoint)
    return replace(found, platform="openwrt", **changes)  # type: ignore[arg-type]  # fields by name


def test_what_it_shows_is_read_and_written_to_the_same_value() -> None:
    assert GRAMMAR.parse(GRAMMAR.render(COMES)) == COMES
    assert COMES.lines("wireless.radio1=wifi-device") >= {"disabled='0'"}, "a radio that is not disabled sends"


def test_a_box_as_it_comes_is_brought_to_what_the_city_declares(example_city: City) -> None:
    wanted = intended(example_city, point(example_city))
    after = GRAMMAR.after(COMES, compare(GRAMMAR, COMES, wanted).lines)
    assert GRAMMAR.managed(after, wanted) == wanted
    assert after.lines("system.@system[0]=system") == {
        "hostname='ap-0003'",
        "log_ip='10.1.3.9'",
        "notes='3.00674,0.90835'",
        "timezone='UTC'",
        "ttylogin='0'",
    }
    assert after.lines("wireless.radio0=wifi-device") >= {"channel='11'", "txpower='17'", "disabled='0'", "band='2g'"}
    assert after.lines("wireless.city_staff_radio1=wifi-iface") == {
        "device='radio1'",
        "mode='ap'",
        "network='city120'",
        "ssid='EXAMPLE-STAFF'",
        "encryption='wpa3'",
        "auth_server='10.1.3.7'",
        "auth_port='1812'",
        "isolate='0'",
    }
    assert after.lines("network.city_bridge120=device") == {
        "name='br-city120'",
        "type='bridge'",
        "ports='eth0.120'",
    }
    assert after.lines("network.lan=interface") == COMES.lines("network.lan=interface"), "it stays within reach"
    assert not [header for header in after.sections if "default_radio" in header or "@wifi-iface" in header]


def test_unnamed_networks_go_from_the_last_on_for_each_moves_those_behind_it_up(example_city: City) -> None:
    lines = compare(GRAMMAR, COMES, intended(example_city, point(example_city))).lines
    gone = [line for line in lines if "@wifi-iface" in line]
    assert gone == ["uci delete wireless.@wifi-iface[2]", "uci delete wireless.@wifi-iface[1]"]


def test_a_radio_that_is_not_declared_is_off(example_city: City) -> None:
    whole = point(example_city)
    less = replace(whole, radios=tuple(radio for radio in whole.radios if radio.band is Band.GHZ_5))
    before = intended(example_city, whole)
    after = GRAMMAR.after(before, compare(GRAMMAR, before, intended(example_city, less)).lines)
    assert after.lines("wireless.radio0=wifi-device") >= {"disabled='1'"}
    assert after.lines("wireless.radio1=wifi-device") == before.lines("wireless.radio1=wifi-device")
    assert not [header for header in after.sections if header.endswith("radio0=wifi-iface")]


def test_what_is_not_ours_is_named(example_city: City) -> None:
    named = {part.header for part in left_alone(GRAMMAR, COMES, intended(example_city, point(example_city)))}
    assert {"network.lan=interface", "network.@device[0]=device", "wireless.radio0=wifi-device"} <= named
    assert "wireless.default_radio0=wifi-iface" not in named


def test_what_its_antennas_alone_exceed_is_refused_in_the_data(example_city: City) -> None:
    weak = point(example_city, radios=(Radio(band=Band.GHZ_5, channel=100, eirp_dbm=3),))
    (misfit,) = misfits(weak, ())
    assert (misfit.thing, misfit.field) == (weak, "eirp_5GHz_dbm") and "at least 4 dBm" in misfit.remedy
    assert not list(misfits(point(example_city), ()))
    assert not list(misfits(example_city.device("sw-west-01"), ()))


def test_it_is_polled_as_net_snmp_answers() -> None:
    asked = profile("openwrt")
    assert {"ifHCInOctets", "hrProcessorLoad", "hrStorageUsed"} <= {column.metric for column in asked.tables}
    assert "ifName" in {column.metric for column in asked.tables}, "its radios are known by their interfaces"


WORD = st.sampled_from(["a", "b", "north 3"])
DRAWN = st.fixed_dictionaries(
    {
        "system.@system[0]=system": WORD.map(lambda name: [f"hostname='{name}'"]),
        "wireless.radio0=wifi-device": st.tuples(st.integers(1, 13), st.integers(0, 1)).map(
            lambda found: [f"channel='{found[0]}'", f"disabled='{found[1]}'"]
        ),
    },
    optional={
        f"wireless.city_{name}=wifi-iface": WORD.map(lambda ssid: [f"ssid='{ssid}'", "mode='ap'"]) for name in "ab"
    },
).map(Configuration.of)


@given(DRAWN, DRAWN)
def test_it_keeps_the_promises_of_every_grammar(before: Configuration, wanted: Configuration) -> None:
    strange = Configuration.of({"system.led=led": ["name='wan'"], "network.lan=interface": ["proto='dhcp'"]})
    promise.brings_there_and_touches_nothing_else(GRAMMAR, before, wanted, strange)
    promise.leads_back(GRAMMAR, before, wanted)
    promise.reads_what_it_writes(GRAMMAR, wanted)


@pytest.mark.parametrize("command", ["session create", "session grant", "uci apply"])
def test_the_timed_apply_is_rpcd_s(command: str) -> None:
    said = GRAMMAR.apply((), 120)
    assert sum(f"ubus call {command} " in line for line in said) == 1
    assert '"rollback":true,"timeout":120' in said[-1] and "ubus_rpc_session" in said[-1]
