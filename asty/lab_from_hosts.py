"""How the hosts of the lab's clouds reach its devices: at the addresses that the city declares, over the lab's network.

The districts' devices are there; those of the two sites with a cloud stand on this machine alone (lab.net.districts).
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace

from asty import lab_access
from asty.workspace import Workspace
from city.errors import InvalidInput
from city.inventory import Endpoint, Inventory, SnmpV2c, SnmpV3
from city.model.city import City
from city.model.places import SiteRole
from city.secrets import Secret, SecretRef, resolve
from lab.net import districts
from monitoring.probing.declared import probed

Secrets = Mapping[str, Secret]
"""By the names of the environment."""


def devices(workspace: Workspace, city: City) -> tuple[Inventory, Secrets]:
    """How each is asked, and the secrets that the references name."""
    here, secrets, names = lab_access.inventory(workspace, city), {}, dict[SecretRef, str]()

    def lent(ref: SecretRef) -> SecretRef:
        name = names.setdefault(ref, f"ASTY_SNMP_{len(names) + 1}")
        secrets[name] = resolve(ref)
        return SecretRef("env", name)

    def asked(one: Endpoint) -> SnmpV3 | SnmpV2c:
        access = one.snmp
        if isinstance(access, SnmpV2c):
            return replace(access, community=lent(access.community))
        return replace(access, auth=lent(access.auth), priv=lent(access.priv))

    found = {
        device.id: replace(
            here[device.id], address=device.address, snmp_port=districts.SNMP, snmp=asked(here[device.id])
        )
        for device in city.devices
        if device.id in here and city.site(device.site).role is SiteRole.DISTRICT
    }
    return found, secrets


def of_probes(workspace: Workspace, city: City) -> Secrets:
    """The secrets that the services' probes name in the environment; one that is nowhere is left out."""
    lab_access.lend_secrets(lab_access.params(workspace))
    return dict(_of_probes(city))


def _of_probes(city: City) -> Iterator[tuple[str, Secret]]:
    for one in probed(city):
        for value in asdict(one.ask.spec).values():  # type: ignore[call-overload]  # a spec is a dataclass
            if isinstance(value, str) and value.startswith("env:"):
                ref = SecretRef.parse(value)
                try:
                    yield ref.place, resolve(ref)
                except InvalidInput:
                    continue
