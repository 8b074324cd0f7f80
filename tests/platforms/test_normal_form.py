"""What a device writes is read as it means it: lines as real configurations hold them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.edge_switch import GRAMMAR as SWITCH
from platforms.frr import GRAMMAR as FRR
from platforms.grammar import vlans
from platforms.grammar.configuration import TOP
from platforms.grammar.interfaces import normal, spread


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("gigabitethernet 1/0/3", "gigabitethernet 1/0/3"),
        ("GigabitEthernet1/0/3", "gigabitethernet 1/0/3"),
        ("GigabitEthernet 1/0/3", "gigabitethernet 1/0/3"),
        ("Gi1/0/3", "gigabitethernet 1/0/3"),
        ("gi 1/0/3", "gigabitethernet 1/0/3"),
        ("Gig1/0/3", "gigabitethernet 1/0/3"),
        ("GigabitEthernet0/1", "gigabitethernet 0/1"),
        ("GigabitEthernet0/0/0.1075", "gigabitethernet 0/0/0.1075"),
        ("FastEthernet0/2", "fastethernet 0/2"),
        ("Fa0/2", "fastethernet 0/2"),
        ("TenGigabitEthernet1/1/1", "tengigabitethernet 1/1/1"),
        ("Te1/1/1", "tengigabitethernet 1/1/1"),
        ("TwentyFiveGigE1/0/1", "twentyfivegige 1/0/1"),
        ("TwoGigabitEthernet1/0/1", "twogigabitethernet 1/0/1"),
        ("FiveGigabitEthernet1/0/1", "fivegigabitethernet 1/0/1"),
        ("AppGigabitEthernet1/0/1", "appgigabitethernet 1/0/1"),
        ("GIGABITETHERNET 1/0/3", "gigabitethernet 1/0/3"),
        ("BDI100", "bdi 100"),
        ("HundredGigE1/0/49", "hundredgige 1/0/49"),
        ("Port-channel1", "port-channel 1"),
        ("Po1", "port-channel 1"),
        ("Vlan10", "vlan 10"),
        ("vlan 10", "vlan 10"),
        ("Loopback0", "loopback 0"),
        ("Tunnel100", "tunnel 100"),
        ("Dot11Radio0", "dot11radio 0"),
        ("Serial0/1/0:15", "serial 0/1/0:15"),
        ("mgmt0", "mgmt 0"),
        ("Null0", "null 0"),
    ],
)
def test_an_interface_has_one_name_however_it_is_written(written: str, meant: str) -> None:
    assert normal(written) == meant == normal(meant)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Gi1/0/3", ("gigabitethernet 1/0/3",)),
        ("range GigabitEthernet1/0/1 - 3", tuple(f"gigabitethernet 1/0/{n}" for n in (1, 2, 3))),
        ("range Fa0/1-2 , Gi0/1", ("fastethernet 0/1", "fastethernet 0/2", "gigabitethernet 0/1")),
    ],
)
def test_a_range_names_each_interface(written: str, meant: tuple[str, ...]) -> None:
    assert spread(written) == meant


CISCO = """
Building configuration...

Current configuration : 4312 bytes
!
! Last configuration change at 09:12:44 UTC Mon Mar 1 2021 by admin
!
version 15.2
service password-encryption
hostname sw-west-01
!
username ops privilege 15 secret 9 $9$u1qzNB
!
crypto pki certificate chain TP-self-signed-1
 certificate self-signed 01
  30820330 30820218 A0030201 02020101 300D0609 2A864886 F70D0101 05050030
  \tquit
vlan 666,777-778
!
vlan 110
 name city:free
!
interface Port-channel1
 switchport mode trunk
!
interface GigabitEthernet1/0/1
 description city:ap-0001
 switchport trunk native vlan 900
 switchport trunk allowed vlan 110,120
 switchport mode trunk
 spanning-tree portfast trunk
!
interface GigabitEthernet1/0/2
 switchport trunk allowed vlan 200,202,204,206
 switchport trunk allowed vlan add 208,210
 shutdown
!
interface TenGigabitEthernet1/1/1
!
interface Vlan900
 ip address 10.10.0.11 255.255.252.0
!
banner motd ^C
hostname and place are set by the city
ntp server and log host too
 end
^C
!
line vty 0 4
 exec-timeout 5 0
 hostname is no setting here
!
ntp server 10.1.3.8
end
"""
"""In the form of a Catalyst 2960-X, IOS 15.2."""


def test_a_real_switch_is_read_as_it_means_it() -> None:
    read = SWITCH.parse(CISCO)
    assert read.lines("interface gigabitethernet 1/0/1") == {
        "description city:ap-0001",
        "switchport trunk native vlan 900",
        "switchport trunk allowed vlan 110,120",
        "switchport mode trunk",
        "spanning-tree portfast trunk",
        "no shutdown",
    }, "a port that is not shut is open, though IOS does not print it"
    assert read.lines("interface gigabitethernet 1/0/2") == {
        "switchport trunk allowed vlan 200,202,204,206,208,210",
        "shutdown",
    }
    assert read.lines("interface vlan 900") == {"ip address 10.10.0.11 255.255.252.0"}
    assert {"vlan 110", "vlan 666", "vlan 777", "vlan 778"} == {h for h in read.sections if h.startswith("vlan")}
    assert read.lines("interface tengigabitethernet 1/1/1") == {"no shutdown"}
    assert {line for line in read.lines(TOP) if line.startswith(("hostname", "ntp"))} == {
        "hostname sw-west-01",
        "ntp server 10.1.3.8",
    }, "a banner's text and what stands in another section are no settings"
    assert SWITCH.parse(SWITCH.render(read)) == read


@pytest.mark.parametrize(
    "banner",
    [
        "banner motd ^C\nntp server and log host too\n^C",
        "banner login #\nntp server and log host too #",
        "banner exec ^Cwelcome\nntp server and log host too^C",
        "banner motd #ntp server and log host too#",
        "banner motd ^CC\nntp server and log host too\n^C",
        "banner login ^CCCC\n!!! ntp !!!\nntp server and log host too\n^C",
        "banner prompt-timeout ^C\nhostname is asked for\n^C",
        "banner motd ^\nntp server and log host too\n^",
        "banner MOTD  %\nntp server and log host too\n%",
        "banner motd ^C\nend\nntp server and log host too\n^C",
        "menu ops title ^C\nntp server and log host too\n^C",
        "aaa authentication banner ^C\nntp server and log host too\n^C",
        "aaa authentication fail-message ^Cno\nntp server and log host too^C",
        "macro name ap\nhostname x\nntp server and log host too\n@",
    ],
)
def test_the_text_of_a_banner_is_text(banner: str) -> None:
    read = SWITCH.parse(f"hostname a\n{banner}\nntp server 10.0.0.1\nend\n")
    said = {line for line in read.lines(TOP) if not line.startswith(banner.partition(" ")[0])}
    assert said == {"hostname a", "ntp server 10.0.0.1"}
    assert SWITCH.parse(SWITCH.render(read)) == read


@pytest.mark.parametrize("begun", ["banner motd ^C\n", "macro name ap\n", "menu x title #\n"])
def test_a_text_whose_mark_never_comes_is_cut_off_though_its_last_line_may_be_the_word_end(begun: str) -> None:
    with pytest.raises(ValueError, match="has no end"):
        SWITCH.parse(f"hostname a\n{begun}ntp server and log host too\nend\n")


def test_a_certificate_is_no_setting_however_it_is_indented() -> None:
    text = "crypto pki certificate chain TP\n certificate 01\n\t3082 0330\n\tquit\nhostname a\nend\n"
    assert SWITCH.parse(text).lines(TOP) == {"hostname a"}


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        (["120,110-112"], "110-112,120"),
        (["110,111,112,120"], "110-112,120"),
        (["200", "add 208,210"], "200,208,210"),
        (["200-210", "remove 201-209"], "200,210"),
        (["none"], "none"),
        (["all"], "all"),
        (["1-4094"], "all"),
        (["except 2-4093"], "1,4094"),
        (["none", "add 7"], "7"),
        (["1, 3 , 5 - 7"], "1,3,5-7"),
        (["1,10,13", "add 106-110,115", "add 141,181-181"], "1,10,13,106-110,115,141,181"),
        (["all", "remove 1-4000"], "4001-4094"),
    ],
)
def test_the_vlans_of_a_trunk_are_a_set_however_they_are_written(lines: list[str], meant: str) -> None:
    begin = "switchport trunk allowed vlan"
    shown = "".join(f" {begin} {line}\n" for line in lines)
    read = SWITCH.parse(f"interface Gi1/0/1\n{shown}")
    assert read.lines("interface gigabitethernet 1/0/1") == {f"{begin} {meant}", "no shutdown"}


def test_what_holds_unless_said_otherwise_is_the_same_said_or_unsaid() -> None:
    """IOS prints neither that a port is open nor that its native VLAN is 1."""
    said = SWITCH.parse("interface Gi1/0/1\n switchport trunk native vlan 1\n no shutdown\n description x\n")
    assert said == SWITCH.parse("interface Gi1/0/1\n description x\n")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('interface Gi1/0/1\n description "city:ap-0001"\n', "interface Gi1/0/1\n description city:ap-0001\n"),
        ('vlan 110\n name "city:free"\n', "vlan 110\n name city:free\n"),
        ('snmp-server location "40.6,22.9"\n', "snmp-server location 40.6,22.9\n"),
        ("logging 10.1.3.9\n", "logging host 10.1.3.9\n"),
    ],
)
def test_a_line_is_the_same_in_the_spelling_of_another_release(written: str, meant: str) -> None:
    assert SWITCH.parse(written) == SWITCH.parse(meant)


@pytest.mark.parametrize(
    "line", ["logging buffered 4096", 'description a "quoted" word', "logging host 10.1.3.9 vrf x"]
)
def test_a_line_that_only_begins_so_is_left_as_it_is(line: str) -> None:
    assert SWITCH.of({"interface x": [line]}).lines("interface x") == {line}


def test_a_set_that_is_none_is_told_as_such() -> None:
    with pytest.raises(ValueError, match="'seven' is no set of VLANs"):
        SWITCH.parse("interface Gi1/0/1\n switchport trunk allowed vlan seven\n")


def test_a_router_of_linux_calls_its_interfaces_as_linux_does() -> None:
    assert "interface eth0" in FRR.parse("interface eth0\n description x\nexit\n").sections


@given(st.frozensets(st.integers(1, 4094)))
def test_every_set_of_vlans_is_read_back(found: frozenset[int]) -> None:
    assert vlans.read(vlans.spell(found)) == found
