"""Which platform speaks which dialect."""

from lab.fleet.dialects.dialect import Dialect
from lab.fleet.dialects.edge_switch import EdgeSwitch
from lab.fleet.dialects.mesh_ap import MeshAp
from lab.fleet.dialects.sectioned import Sectioned
from lab.fleet.dialects.street_ap import StreetAp

DIALECTS: dict[str, Dialect] = {
    "street-ap": Sectioned(StreetAp()),
    "mesh-ap": MeshAp(),
    "edge-switch": Sectioned(EdgeSwitch()),
}
