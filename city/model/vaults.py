"""Which services' files are copied to the other site, and which service keeps the copies. Pure.

A vault is a service of the role VAULT that runs at both sites; where a city declares none, files are copied in another
way. Copied are the files of each service with a volume and a `backup`.
"""

from datetime import timedelta

from city.model.city import City
from city.model.services import Service

FILES, VAULT = "files", "vault"
"""What the hosts are: those whose files are copied, and those that keep the copies (playbooks/roles)."""


def vault(city: City) -> Service | None:
    """The first of that role."""
    return next((one for one in city.services if one.workload and VAULT in one.workload.roles), None)


def has_vault(city: City) -> bool:
    """Whether files are copied into one; else in another way."""
    return vault(city) is not None


def keeps_files(service: Service) -> bool:
    """Whether it has files that are worth a copy, wherever the copy goes."""
    return service.workload is not None and bool(service.workload.volume_gb) and service.backup is not None


def copied(city: City) -> tuple[Service, ...]:
    """The services whose files come into the vault; none where there is none."""
    return tuple(one for one in city.services if keeps_files(one)) if has_vault(city) else ()


def every(service: Service) -> timedelta:
    """How old the newest copy of its files may be: its database streams besides, its files do not."""
    if service.backup is None:
        raise KeyError(service.id)
    return min(service.backup.every, service.rpo)
