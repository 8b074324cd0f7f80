"""The hands on servers that watch or show the city themselves: they answer nothing before they were told the city."""

from collections.abc import Collection, Mapping
from typing import Protocol


class Posts(Protocol):
    """At the recovery site, of those services that are told what the city is; of any other there is nothing to tell.

    No deed raises anything of a host's or a cloud's: what went wrong is said by the server's name.
    """

    def tell(self, service: str, servers: Collection[str]) -> Mapping[str, str]:
        """Tell these servers of the service what the city is, with patience for one that just starts. Who knows it is
        left alone. By server, why it could not be told."""
        ...

    def untold(self, service: str, servers: Collection[str]) -> Mapping[str, str]:
        """By server, why nobody can say that it was told; nothing of one that is not there. Changes nothing."""
        ...
