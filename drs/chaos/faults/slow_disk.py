"""The disk of a database's host takes its time for each request."""

from drs.chaos.fault import Fault, Thing

FAULT = Fault(
    told="the disk of the database host of {service} at {site} is slow",
    befalls=Thing.DATABASE,
    kind="slow-disk",
    options=({"latency_s": 0.05}, {"latency_s": 0.3}),
)
