"""The process that conducts the drill is killed, and somebody else goes on with the drill."""

from drs.chaos.fault import Fault, Thing

FAULT = Fault(told="the process that conducts the drill is killed", befalls=Thing.CONDUCTOR)
