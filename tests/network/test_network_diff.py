import pytest

from network.diff import compare
from network.masking import masked
from platforms.grammar.configuration import TOP, Configuration
from platforms.street_ap import GRAMMAR as STREET_AP


def test_a_diff_is_read_by_section() -> None:
    running = Configuration.of({TOP: ["hostname a", "service x"], "vlan 7": ["name old"], "wlan a": ["vlan 7"]})
    intended = Configuration.of({TOP: ["hostname b"], "vlan 7": ["name new"], "vlan 8": ["name more"]})
    assert compare(STREET_AP, running, intended).text == (
        "- hostname a",
        "+ hostname b",
        "  vlan 7",
        "-   name old",
        "+   name new",
        "  vlan 8",
        "+   [vlan 8]",
        "+   name more",
        "  wlan a",
        "-   [wlan a]",
        "-   vlan 7",
    )


def test_a_section_without_lines_is_a_difference_too() -> None:
    difference = compare(STREET_AP, Configuration.of({TOP: ["x"]}), Configuration.of({"vlan 8": []}))
    assert difference
    assert difference.lines == ("vlan 8", "exit")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        pytest.param("snmp-server community public RO", "snmp-server community ***", id="community"),
        pytest.param("enable secret 9 $9$abc", "enable secret 9 ***", id="a hash says too much as well"),
        pytest.param("wireless.a.key='opensesame'", "wireless.a.key='***", id="option"),
        pytest.param("username admin password 0 admin", "username admin password 0 ***", id="password"),
        pytest.param("radius server x key  s3cret", "radius server x key  ***", id="shared key"),
        pytest.param("wireless.a.auth_secret='hunter2'", "wireless.a.auth_secret='***", id="after an underscore"),
        pytest.param("wireless.a.key1='hunter2'", "wireless.a.key1='***", id="numbered"),
        pytest.param("wireless.a.pre_shared_key='x'", "wireless.a.pre_shared_key='***", id="in parts"),
        pytest.param("wireless.a.private_key_passwd='x'", "wireless.a.private_key_passwd='***", id="its password"),
        pytest.param("wireless.a.sae_password='x y'", "wireless.a.sae_password='***", id="with a blank"),
        pytest.param("wireless.a.auth_server='10.0.0.1'", "wireless.a.auth_server='10.0.0.1'", id="where, not what"),
        pytest.param("ssid KEYSTONE", "ssid KEYSTONE", id="a word that only holds one"),
        pytest.param("key chain", "key ***", id="too much rather than too little"),
        pytest.param("description ap-0001", "description ap-0001", id="nothing to hide"),
    ],
)
def test_secrets_are_masked(line: str, shown: str) -> None:
    assert masked(line) == shown


def test_a_diff_shows_no_secret_and_still_brings_it() -> None:
    running = Configuration.of({"wlan a": ["ssid A"]})
    intended = Configuration.of({"wlan a": ["ssid A", "passphrase opensesame"]})
    difference = compare(STREET_AP, running, intended)
    assert "opensesame" not in "\n".join(difference.text)
    assert "passphrase opensesame" in difference.lines
