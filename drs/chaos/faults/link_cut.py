"""Nothing arrives over the link to one site, while both sites go on serving, each for itself."""

from drs.chaos.fault import Fault, Thing

FAULT = Fault(told="nothing arrives over the link to {site}", befalls=Thing.LINK, kind="off")
