"""The database that was promoted a moment ago ends without a word, as by kill -9."""

from drs.chaos.fault import Fault, Phase, Side, Thing

FAULT = Fault(
    told="the promoted database of {service} at {site} crashes",
    befalls=Thing.DATABASE,
    kind="process-killed",
    options=({"unit": "postgresql@15-main.service"},),
    sides=(Side.JOINED,),
    steps=frozenset({"promote"}),
    phases=(Phase.ENDED, Phase.PROVEN),
)
