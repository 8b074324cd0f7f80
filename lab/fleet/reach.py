"""How each device that the fleet serves is reached: its address, who logs in, and by what its answers are proven."""

from collections.abc import Iterable

from city.inventory import Endpoint, Inventory, SnmpV2c, SnmpV3
from city.model.city import City
from lab.fleet.box import Hardware
from lab.fleet.credentials import SNMP_USER, SNMP_USER_SHA1, Credentials
from lab.fleet.hardware import fleet_hardware
from lab.fleet.registry import family
from lab.params import SNMP_PORT, SSH_PORT, LabParams


def inventory(params: LabParams, city: City) -> Inventory:
    """How to reach each device that the fleet serves. The lab must have been up once, for its secrets."""
    credentials = Credentials(params.secrets)
    return {device.id: _endpoint(params, credentials, device) for device in fleet_hardware(city)}


def _endpoint(params: LabParams, credentials: Credentials, device: Hardware) -> Endpoint:
    return Endpoint(
        device=device.id,
        address=params.address_of(device.index),
        ssh_port=SSH_PORT,
        snmp_port=SNMP_PORT,
        user=family(device.platform).dialect.user,
        password=credentials.ref("device-password"),
        host_key=credentials.public_host_key(device.id),
        snmp=snmp_access(credentials, device.tags),
    )


def snmp_access(credentials: Credentials, tags: Iterable[str]) -> SnmpV3 | SnmpV2c:
    """Version 3 with SHA-256 and AES-128, unless a tag says that this device is too old for it."""
    if "snmp-v2c" in tags:
        return SnmpV2c(community=credentials.ref("snmp-community"))
    old = "snmp-sha1" in tags
    return SnmpV3(
        user=SNMP_USER_SHA1 if old else SNMP_USER,
        auth=credentials.ref("snmp-auth"),
        priv=credentials.ref("snmp-priv"),
        auth_protocol="sha1" if old else "sha256",
    )
