"""The street of a drill: who stands where residents do, and asks by a process of its own there."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from asty.street_agent import StreetAgent
from city.errors import Failed
from city.model.places import SiteRole
from drs.hands.outside import Answered, NameServer

_MARKER = "drs.outside.marker"
_WITHIN_S = 30


@dataclass(slots=True, kw_only=True)
class Street:
    """`python` runs a module of ours there (`ip netns exec street python -m`). `servers` are those who are asked for
    names, `resolvers` the residents' own, in their order; `trust` is whom residents trust (None: the system's own)."""

    python: Sequence[str]
    servers: Mapping[NameServer, tuple[str, int]]
    resolvers: Sequence[tuple[str, int]]
    trust: Path | None
    _agent: StreetAgent | None = None

    def ask(self, fqdn: str) -> tuple[Answered, ...]:
        told = self._ask({"ask": fqdn, "servers": list(self.servers.values())})
        return tuple(
            Answered(
                server=server,
                addresses=None if said["addresses"] is None else tuple(said["addresses"]),
                ttl_s=said["ttl_s"],
                reason=said["reason"],
            )
            for server, said in zip(self.servers, told, strict=True)
        )

    def write(self, fqdn: str, port: int, address: str = "") -> str:
        token = f"drill-{token_hex(8)}"
        told = self._ask({"write": token, **self._door(fqdn, port, address)})
        if not told["taken"]:
            raise Failed(
                fqdn, f"it takes no write at {told['address'] or 'any address'}: {told['reason']}", "Look at it."
            )
        return f"it took a write at {told['address']} in {told['until'] - told['at']:.2f} s"

    def tokens(self, fqdn: str, port: int) -> frozenset[str]:
        """Every mark that the service has now, by its name. Raises Failed where it does not tell."""
        return frozenset(self._ask({"tokens": None, **self._door(fqdn, port, "")}))

    def mark(self, doors: Sequence[tuple[str, int, Path]], every_s: float, longest_s: float) -> None:
        """Let somebody write marks at each name and port from now on, and keep what came of it in its file, until
        FILE.stop is there: they outlive this process."""
        told = [{"fqdn": fqdn, "port": port, "file": str(file)} for fqdn, port, file in doors]
        settings = {**self._way(), "doors": told, "every_s": every_s, "longest_s": longest_s}
        quiet = subprocess.DEVNULL
        subprocess.Popen(  # noqa: S603 - the street's own words, and JSON
            (*self.python, _MARKER, json.dumps(settings)),
            stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True,
        )  # fmt: skip

    def _door(self, fqdn: str, port: int, address: str) -> dict[str, Any]:
        return {"fqdn": fqdn, "port": port, "address": address, **self._way()}

    def _way(self) -> dict[str, Any]:
        return {"trust": str(self.trust) if self.trust else None, "resolvers": list(self.resolvers)}

    def _ask(self, question: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        if self._agent is None:
            self._agent = StreetAgent(python=self.python)
        return self._agent.ask(question, _WITHIN_S)


def roles() -> tuple[SiteRole, SiteRole]:
    """The sites with a DNS of their own, in the order in which residents ask their resolvers."""
    return SiteRole.DATACENTRE, SiteRole.RECOVERY
