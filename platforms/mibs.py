"""What many platforms show alike over SNMP.

SNMPv2-MIB (RFC 3418), IF-MIB (RFC 2863), HOST-RESOURCES-MIB (RFC 2790), POWER-ETHERNET-MIB (RFC 3621).
"""

from platforms.profile import Column, Scalar

SYSTEM = (
    Scalar(metric="sysUpTime", oid="1.3.6.1.2.1.1.3.0", unit="1/100 s"),
    Scalar(metric="sysName", oid="1.3.6.1.2.1.1.5.0"),
)
OPERATES = Column(metric="ifOperStatus", oid="1.3.6.1.2.1.2.2.1.8", label="ifIndex")
ENABLED = Column(metric="ifAdminStatus", oid="1.3.6.1.2.1.2.2.1.7", label="ifIndex")
"""Whether an interface should operate: up or down by its configuration alone."""
INTERFACES = (
    OPERATES,
    Column(
        metric="ifHCInOctets",
        oid="1.3.6.1.2.1.31.1.1.1.6",
        label="ifIndex",
        unit="octets",
        instead=Column(metric="ifInOctets", oid="1.3.6.1.2.1.2.2.1.10", label="ifIndex", unit="octets"),
    ),
    Column(
        metric="ifHCOutOctets",
        oid="1.3.6.1.2.1.31.1.1.1.10",
        label="ifIndex",
        unit="octets",
        instead=Column(metric="ifOutOctets", oid="1.3.6.1.2.1.2.2.1.16", label="ifIndex", unit="octets"),
    ),
)
NAMED = Column(
    metric="ifName",
    oid="1.3.6.1.2.1.31.1.1.1.1",
    label="ifIndex",
    instead=Column(metric="ifDescr", oid="1.3.6.1.2.1.2.2.1.2", label="ifIndex"),
)
HOST = (
    Column(metric="hrStorageSize", oid="1.3.6.1.2.1.25.2.3.1.5", label="hrStorageIndex", unit="allocation units"),
    Column(metric="hrStorageUsed", oid="1.3.6.1.2.1.25.2.3.1.6", label="hrStorageIndex", unit="allocation units"),
    Column(metric="hrProcessorLoad", oid="1.3.6.1.2.1.25.3.3.1.2", label="hrDeviceIndex", unit="percent"),
)
POWER = (
    Column(
        metric="pethMainPseConsumptionPower",
        oid="1.3.6.1.2.1.105.1.3.1.1.4",
        label="pethMainPseGroupIndex",
        unit="W",
    ),
)
