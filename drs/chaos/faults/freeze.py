"""The host of a database does nothing at all, and holds its connections: its cloud still says that it runs."""

from drs.chaos.fault import Fault, Thing

FAULT = Fault(told="the database host of {service} at {site} freezes", befalls=Thing.DATABASE, kind="freeze")
