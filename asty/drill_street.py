"""The street of a drill: who stands where residents do, and asks by processes of its own there."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from city.errors import Failed, NeedsPerson
from city.model.places import SiteRole
from drs.hands.outside import Answered, NameServer

_AGENT, _MARKER = "drs.outside.agent", "drs.outside.marker"
_WITHIN_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """`python` runs a module of ours there (`ip netns exec street python -m`). `servers` are those who are asked for
    names, `resolvers` the residents' own, in their order; `trust` is whom residents trust (None: the system's own)."""

    python: Sequence[str]
    servers: Mapping[NameServer, tuple[str, int]]
    resolvers: Sequence[tuple[str, int]]
    trust: Path | None

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

    def mark(self, fqdn: str, port: int, file: Path, every_s: float, longest_s: float) -> None:
        """Let somebody write marks there from now on, until FILE.stop is there: they outlive this process."""
        settings = {**self._door(fqdn, port, ""), "file": str(file), "every_s": every_s, "longest_s": longest_s}
        quiet = subprocess.DEVNULL
        subprocess.Popen(  # noqa: S603 - the street's own words, and JSON
            (*self.python, _MARKER, json.dumps(settings)),
            stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True,
        )  # fmt: skip

    def _door(self, fqdn: str, port: int, address: str) -> dict[str, Any]:
        trust = str(self.trust) if self.trust else None
        return {"fqdn": fqdn, "port": port, "address": address, "trust": trust, "resolvers": list(self.resolvers)}

    def _ask(self, question: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        try:
            done = subprocess.run(  # noqa: S603 - as above
                (*self.python, _AGENT, json.dumps(question)),
                capture_output=True,
                text=True,
                timeout=_WITHIN_S,
                check=False,
            )
            if done.returncode == 0:
                return json.loads(done.stdout)
            said = done.stderr.strip().rpartition("\n")[2] or f"exit {done.returncode}"
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            said = str(error)
        raise NeedsPerson(
            "the street", f"nobody there could be asked ({said})", "`asty lab status` says whether it is there."
        )


def roles() -> tuple[SiteRole, SiteRole]:
    """The sites with a DNS of their own, in the order in which residents ask their resolvers."""
    return SiteRole.DATACENTRE, SiteRole.RECOVERY
