"""The hands on the files of a service's servers at one site, and on their copies in the vaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesOf:
    """One server, as it says. `serves`: its files are those of the service, and it copies them to the other site.

    `brought` is of when the copy is that a drill brought to it last, None where none did; it was taken in at `taken`,
    and has so many `files`. `pushed` is when it copied its own last; `copy` is the id of that one.
    """

    server: str
    serves: bool
    brought: datetime | None = None
    taken: datetime | None = None
    files: int = 0
    pushed: datetime | None = None
    copy: str = ""
    fingerprint: str = ""
    staged: str = ""
    staged_at: datetime | None = None
    runs: bool = True
    """Whether its programs do: they end as it leaves, where they write nothing but files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A copy, by its id, and what the files were that it is of. Without id: the newest there is."""

    copy: str = ""
    fingerprint: str = ""


class Files(Protocol):
    """Of all servers of a service at a site, side by side. Each deed may be repeated.

    Everything raises Failed where a server does not answer, or says that it could not.
    """

    def told(self) -> tuple[FilesOf, ...]: ...

    def push(self) -> tuple[FilesOf, ...]:
        """One more copy of each that serves; it goes on serving."""
        ...

    def leave(self, staged: Mapping[str, str]) -> tuple[FilesOf, ...]:
        """One more copy of each, and none after it: what writes nothing but files has ended before. `staged` says by
        server what lies at the other site: one whose files are still the same makes no copy."""
        ...

    def wait(self) -> tuple[FilesOf, ...]:
        """The other site serves until files are brought. The programs run meanwhile, also those that ended."""
        ...

    def stage(self, copies: Mapping[str, Wanted]) -> tuple[FilesOf, ...]:
        """These copies, by server, lie beside its files until they are brought. Whoever serves keeps what it has."""
        ...

    def bring(self, point: datetime | None, copies: Mapping[str, Wanted] | None) -> tuple[FilesOf, ...]:
        """The newest copies, of `point` at the latest, become the files, and this site serves.

        `copies` are those that are wanted, by server; one without id is the newest. Any other server keeps its files as
        they are. None: the newest of all.
        """
        ...

    def keep(self) -> tuple[FilesOf, ...]:
        """The files stay as they are, and this site serves."""
        ...

    def back(self) -> tuple[FilesOf, ...]:
        """The files that were there before become the files again, and the other site serves."""
        ...
