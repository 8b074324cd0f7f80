"""One host by SSH for as long as a drill goes on: to open a session takes longer than most commands do."""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from threading import RLock
from time import monotonic

from city.errors import AstyError
from infra.hosts.access import Access
from infra.hosts.host import Host
from infra.hosts.session import Ran, Session, session, words

_TRUSTED_S = 5.0


@dataclass(slots=True, kw_only=True)
class Line:
    """Its session stays open from one command to the next; commands run one after the other.

    A session that was silent for longer may lead to a host that is gone, and would let us wait for its answer: so it is
    asked first whether it stands.
    """

    host: Host
    access: Access
    _open: ExitStack = field(default_factory=ExitStack)
    _session: Session | None = None
    _used: float = 0.0
    _turn: RLock = field(default_factory=RLock)

    def open(self) -> None:
        """Have a session, so that the first command need not wait for one. Raises Failed as `run` does."""
        with self._turn:
            self._standing()
            self._used = monotonic()

    def run(self, command: Sequence[str]) -> Ran:
        """Raises Failed where the host cannot be reached and nothing was run, NeedsPerson where nobody saw the end."""
        with self._turn:
            standing = self._standing()
            try:
                ran = standing.run(words(command))
            except AstyError:
                self._close()
                raise
            self._used = monotonic()
            return ran

    def _standing(self) -> Session:
        if self._session is not None and monotonic() - self._used > _TRUSTED_S and not self._session.stands():
            self._close()
        if self._session is None:
            self._session = self._open.enter_context(session(self.host, self.access))
        return self._session

    def _close(self) -> None:
        self._session = None
        with suppress(OSError, EOFError):
            self._open.close()
