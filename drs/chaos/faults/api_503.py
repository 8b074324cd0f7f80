"""One service of a site's cloud answers 503 to everything; what runs in the cloud goes on."""

from drs.chaos.fault import Fault, Thing

FAULT = Fault(
    told="an API of the cloud of {site} answers 503",
    befalls=Thing.SITE,
    kind="api-503",
    options=tuple({"service": name} for name in ("keystone", "nova", "neutron", "designate")),
)
