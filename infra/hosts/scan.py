"""What answers on hosts to whom, held against what the city lets whom reach. What nobody could try is unknown."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_address
from typing import Protocol

from city.errors import Failed, NeedsPerson
from city.outcome import Outcome, Status

EVERY = ((1, 65_535),)
_NOTABLE = (
    1433, 1521, 1883, 2049, 2375, 2379, 3000, 3128, 3306, 3389, 4369, 5000, 5432, 5672, 5900, 5984, 6379, 6443, 8000,
    8080, 8081, 8086, 8443, 8883, 8888, 9000, 9090, 9092, 9100, 9187, 9200, 9999, 10_050, 10_250, 11_211, 15_672,
    25_565, 27_017, 50_000,
)  # fmt: skip
"""Beyond the well-known ports, where software listens that was never meant for others."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Way:
    """A port, and the range of those who may reach it."""

    protocol: str
    port: int
    source: IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address of a host or a load balancer; `allowed` is all that is declared to be reached there."""

    name: str
    address: IPv4Address
    allowed: frozenset[Way]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What answered a spot at a target; `source` is the spot's address towards it, None where no way leads there."""

    spot: str
    source: IPv4Address | None
    ports: frozenset[tuple[str, int]]


class Spot(Protocol):
    """Somebody who tries ports from where he stands."""

    @property
    def name(self) -> str: ...

    def ask(self, question: str) -> str:
        """The scanner's answer (infra.hosts.scanner). Raises Failed and NeedsPerson."""
        ...


def chosen(targets: Iterable[Target]) -> tuple[tuple[int, int], ...]:
    """The ports that a quick scan tries: the well-known ones, some notable ones, and whatever is declared anywhere."""
    declared = {way.port for target in targets for way in target.allowed if way.protocol == "tcp"}
    return ((1, 1024), *((port, port) for port in sorted(declared.union(_NOTABLE)) if port > 1024))  # noqa: PLR2004 - RFC 6335: the system ports end there


def question(targets: Sequence[Target], tcp: Iterable[tuple[int, int]], within_s: float) -> str:
    """Of UDP only the ports that are declared anywhere are asked: silence tells nothing, and most are silent."""
    udp = {way.port for target in targets for way in target.allowed if way.protocol == "udp"}
    content = {
        "targets": [str(target.address) for target in targets],
        "tcp": list(tcp),
        "udp": sorted(udp),
        "within_s": within_s,
    }
    return json.dumps(content)


def heard(spot: Spot, targets: Sequence[Target], asked: str) -> Mapping[IPv4Address, Heard] | Outcome:
    """By the target's address; an Outcome where this spot could not ask. Raises nothing of the spot's."""
    subject = f"what {spot.name} can reach"
    try:
        told = json.loads(spot.ask(asked))
        return {target.address: _heard(spot.name, told[str(target.address)]) for target in targets}
    except (Failed, NeedsPerson) as error:
        return Outcome(subject=subject, status=Status.UNKNOWN, reason=f"{error.problem}. {error.remedy}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Outcome(subject=subject, status=Status.UNKNOWN, reason=f"its scanner answers no answer ({error})")


def judged(target: Target, said: Collection[Heard]) -> Outcome:
    """Whether nothing answers there but what is declared for who asked. Nobody who asked: unknown."""
    asked = [one for one in said if one.source != target.address]
    if not asked:
        return Outcome(subject=str(target.name), status=Status.UNKNOWN, reason="nobody could try its ports")
    stray = [f"{_ports(found)} from {one.spot} ({one.source})" for one in asked if (found := _undeclared(target, one))]
    if stray:
        return Outcome(subject=target.name, status=Status.FAILED, reason=f"answers undeclared: {'; '.join(stray)}")
    evidence = "; ".join(f"{one.spot}: {_ports(one.ports) or 'nothing'}" for one in asked)
    return Outcome(subject=target.name, status=Status.OK, evidence=evidence)


def _undeclared(target: Target, one: Heard) -> frozenset[tuple[str, int]]:
    source = one.source
    if source is None:
        return frozenset()
    mine = {(way.protocol, way.port) for way in target.allowed if source in way.source}
    return one.ports - mine


def _ports(ports: Collection[tuple[str, int]]) -> str:
    return ", ".join(f"{port}/{protocol}" for protocol, port in sorted(ports, key=lambda one: (one[1], one[0])))


def _heard(spot: str, told: Mapping[str, object]) -> Heard:
    source = ip_address(str(told["from"])) if told["from"] else None
    if source is not None and not isinstance(source, IPv4Address):
        raise ValueError(source)
    return Heard(spot=spot, source=source, ports=frozenset(_each(told)))


def _each(told: Mapping[str, object]) -> Iterator[tuple[str, int]]:
    for protocol in ("tcp", "udp"):
        ports = told[protocol]
        if not isinstance(ports, list):
            raise TypeError(protocol)
        yield from ((protocol, int(port)) for port in ports)
