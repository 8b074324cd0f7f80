"""By what the observer tells that it is itself deaf, rather than the whole street silent."""

from dataclasses import dataclass

GATEWAY, CONTROL_PLANE = "gateway", "control-plane"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """`above` is the share, 0..1, of the unrelated parts of the street whose sudden silence is suspicious. `canaries`
    are near the observer and must answer: `gateway` (the routers on its way to the devices), `control-plane` (the
    clouds' APIs), or an IPv4 address."""

    above: float = 0.5
    canaries: tuple[str, ...] = (GATEWAY, CONTROL_PLANE)
