"""The clock of the conductor's machine jumps. A lab cannot do that, for all of it shares one clock."""

from drs.chaos.fault import Fault, Thing

FAULT = Fault(
    told="the clock of the conductor's machine jumps",
    befalls=Thing.CONDUCTOR,
    kind="clock-jumped",
    options=({"seconds": 7200}, {"seconds": -7200}),
)
