"""What devices really wrote: FRR 8.4.4 on Debian 12, and the fleet's emulated devices."""

FRR_RUNNING = """\
Building configuration...

Current configuration:
!
frr version 8.4.4
frr defaults traditional
hostname vm
log syslog informational
no ip forwarding
no ipv6 forwarding
!
interface dum0
 description uplink
 ip address 10.9.0.1/30
exit
!
ip route 10.1.0.0/24 Null0 254
ip route 0.0.0.0/0 10.9.0.2
!
ip prefix-list city-networks seq 10 permit 10.9.0.0/24
ip prefix-list city-networks seq 20 permit 10.1.1.0/24
ip prefix-list others seq 5 permit any
!
end
"""

FRR_SAVED = """\
Note: this version of vtysh never writes vtysh.conf

Warning: attempting direct configuration write without watchfrr.
File permissions and ownership may be incorrect, or write may fail.

Building Configuration...
Integrated configuration saved to /etc/frr/frr.conf
[OK]"""

FRR_TERMINAL = (
    "\r\nHello, this is FRRouting (version 8.4.4).\r\n"
    "Copyright 1996-2005 Kunihiro Ishiguro, et al.\r\n\r\n"
    "vm# configure terminal\r\n"
    "vm(config)# ip prefix-list city-networks seq 10 permit 10.1.0.0/24\r\n"
    "vm(config)# bogus line\r\n"
    "% Unknown command: bogus line\r\n"
    "vm(config)# hostname zz\r\n"
    "zz(config)# end\r\n"
    "zz# "
)

STREET_AP_RUNNING = """\
Building configuration...

Current configuration : 402 bytes
!
hostname ap-0001
!
vlan 110
 name free
!
wlan free
 client-isolation
 security owe
 ssid EXAMPLE-FREE
 vlan 110
!
interface dot11radio 0
 channel 1
 eirp 20
 wlan free
 no shutdown
!
interface gigabitethernet 0
 description sw-west-01 port 1
 management vlan 900
 no shutdown
!
logging host 10.1.3.9
ntp server 10.1.3.8
snmp-server location 3.00135,0.90835
!
end
"""

MESH_AP_RUNNING = """\
network.management=interface
network.management.vlan='900'
network.uplink=port
network.uplink.description='sw-west-01 port 3'
system.host=system
system.host.hostname='ap-0003'
wireless.free_radio0=wifi-iface
wireless.free_radio0.device='radio0'
wireless.free_radio0.ssid='EXAMPLE-FREE'
wireless.radio0=wifi-device
wireless.radio0.channel='11'
wireless.radio0.country='GR'
wireless.radio0.disabled='0'
"""
