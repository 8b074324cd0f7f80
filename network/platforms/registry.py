"""Every platform by its name."""

from difflib import get_close_matches

from city.errors import InvalidInput
from network.platforms.base import Platform
from network.platforms.edge_switch import EDGE_SWITCH
from network.platforms.frr import FRR
from network.platforms.mesh_ap import MESH_AP
from network.platforms.street_ap import STREET_AP

PLATFORMS: dict[str, Platform] = {p.name: p for p in (STREET_AP, MESH_AP, EDGE_SWITCH, FRR)}


def platform(name: str) -> Platform:
    """Raises InvalidInput for a platform that nobody has taught us."""
    if name not in PLATFORMS:
        near = get_close_matches(name, PLATFORMS, n=1) or sorted(PLATFORMS)
        raise InvalidInput(f"platform {name}", "no push is known for it", f"Known and near: {', '.join(near)}.")
    return PLATFORMS[name]
