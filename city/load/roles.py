"""One data centre, one recovery site, districts; and on each site the networks that its devices need."""

from city.load.declared import Declared
from city.load.defects import Defects
from city.load.identity import devices
from city.load.record import Found
from city.located import Place
from city.model.places import Site, SiteRole
from city.model.wired import Purpose

CLOUD = (SiteRole.DATACENTRE, SiteRole.RECOVERY)


def check_roles(declared: Declared, defects: Defects) -> None:
    sites = declared.ground.sites
    for role in CLOUD:
        of_role = [found for found in sites.items if found.value.role is role and found.record.is_good("role")]
        if not of_role and sites.complete and all(found.record.is_good("role") for found in sites.items):
            place = Place(declared.ground.folder / "sites.yaml", 1)
            defects.add(place, f"there is no site of role {role}", "Declare one; its status may be planned.")
        for found in of_role[1:]:
            found.record.defect("role", f"there is a second site of role {role}", "Keep one of the two.")
    for found in sites.items:
        _check_cloud(found)
    _check_regions(declared)
    _check_device_networks(declared)
    _check_wifi_networks(declared)


def _check_cloud(found: Found[Site]) -> None:
    site, record = found.value, found.record
    if not record.is_good("role"):
        return
    for key, given in (("region", bool(site.region)), ("zones", bool(site.zones))):
        if site.role in CLOUD and not given and record.is_good(key):
            record.defect(key, f"a site of role {site.role} has {key}", f"Add {key}.")
        elif site.role not in CLOUD and given:
            record.defect(key, f"a district has no {key}", f"Remove {key}.")


def _check_regions(declared: Declared) -> None:
    first: dict[str, str] = {}
    for found in declared.ground.sites.items:
        region = found.value.region
        if region and first.setdefault(region, found.value.id) != found.value.id:
            remedy = "Each site has a region of its own, so that one survives the other."
            found.record.defect("region", f"region {region} is that of {first[region]} already", remedy)


def _check_device_networks(declared: Declared) -> None:
    networks = declared.ground.networks
    managed = {network.site for network in networks.values if network.purpose is Purpose.MANAGEMENT}
    used = {found.value.site for found in devices(declared) if found.record.is_good("site")}
    for found in declared.ground.sites.items:
        if networks.complete and found.value.id in used - managed:
            problem = "devices stand there, but it has no network of purpose management"
            found.record.defect("management", problem, "Add one to networks.yaml.")


def _check_wifi_networks(declared: Declared) -> None:
    networks = declared.ground.networks
    carried = {(network.site, network.vlan) for network in networks.values if network.purpose is Purpose.WIFI}
    known = {site.id for site in declared.ground.sites.values}
    served = {(ap.site, ssid) for ap in declared.access_points.values for ssid in ap.ssids if ap.site in known}
    whole = networks.complete and all(found.record.is_good("site", "purpose", "vlan") for found in networks.items)
    for found in declared.ssids.items:
        sites = [site for site, ssid in sorted(served) if ssid == found.value.id]
        missing = [site for site in sites if (site, found.value.vlan) not in carried]
        if missing and whole and found.record.is_good("vlan"):
            where = ", ".join(missing)
            problem = f"access points serve it at {where}, where no wifi network has VLAN {found.value.vlan}"
            found.record.defect("vlan", problem, "Add the network to networks.yaml.")
