"""The hands on what a drill opens of a service at the recovery site, beyond what is declared to run there."""

from typing import Protocol

from drs.expected import Standing


class Capacity(Protocol):
    """Each deed may be repeated. Everything raises Failed where the cloud does not answer or says no."""

    def open(self, service: str, wanted: Standing) -> None:
        """Start the servers of `wanted` on their ports and volumes, and have its entrance. What is there stays."""
        ...

    def close(self, service: str) -> None:
        """Take away what a drill opened of the service; its ports, volumes and database stay."""
        ...

    def opened(self, service: str) -> tuple[str, ...]:
        """The names of what stands of that."""
        ...
