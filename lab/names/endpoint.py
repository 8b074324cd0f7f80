"""Where a name server or a resolver listens."""

from dataclasses import dataclass
from ipaddress import IPv4Address

from lab import cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address in a network namespace, or in ours (None)."""

    address: IPv4Address
    port: int
    namespace: str | None = None

    @property
    def within(self) -> tuple[str, ...]:
        """What to put before a command to run it there."""
        return cells.within(self.namespace) if self.namespace else ()

    def holds(self, pid: int) -> bool:
        """Whether a process stands there."""
        return self.namespace is None or cells.holds(self.namespace, pid)
