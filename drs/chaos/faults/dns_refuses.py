"""The resolver that residents of a site ask refuses every question."""

from drs.chaos.fault import Fault, Thing

FAULT = Fault(told="the resolver of {site} refuses every question", befalls=Thing.SITE, kind="dns-refuses")
