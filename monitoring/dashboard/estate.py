"""The services and the switches as the page and its JSON tell them: how each stands now, and since when."""

from dataclasses import dataclass

from city.model.city import City
from city.model.services import Tier
from monitoring.dashboard.language import Language
from monitoring.ledger.intervals import State
from monitoring.snapshot import Snapshot, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A service with its tier, or a switch with its district."""

    name: str
    beside: str
    now: Standing


def services(city: City, snapshot: Snapshot, speak: Language) -> tuple[Line, ...]:
    """Every service, the most needed tier first and the city's order within it."""
    return tuple(
        Line(
            name=speak.text(service.name),
            beside=f"{service.tier.value}, {_tier(service.tier, speak)}",
            now=snapshot.standing_of(f"service:{service.id}"),
        )
        for service in sorted(city.services, key=lambda service: service.tier)
    )


def _tier(tier: Tier, speak: Language) -> str:
    _ = speak.gettext
    match tier:
        case Tier.CRITICAL:
            return _("critical")
        case Tier.IMPORTANT:
            return _("important")
        case Tier.ORDINARY:
            return _("ordinary")


def switches_not_up(city: City, snapshot: Snapshot, speak: Language) -> tuple[Line, ...]:
    standing = ((switch, snapshot.standing_of(f"device:{switch.id}")) for switch in city.switches)
    return tuple(
        Line(name=switch.id, beside=speak.text(city.site(switch.site).name), now=now)
        for switch, now in standing
        if now.state is not State.UP
    )


def counts(lines: tuple[Line, ...]) -> dict[State, int]:
    return {state: sum(line.now.state is state for line in lines) for state in State}
