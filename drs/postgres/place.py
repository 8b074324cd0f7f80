"""Where a cluster lies on its host, and how it is started there."""

from collections.abc import Sequence
from dataclasses import dataclass

_UNIT = "postgresql@15-main.service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """As Debian has it, and as the role `database` leaves it; `socket` is the folder of its Unix socket, and
    `owner` empty where the operator is its owner."""

    data: str = "/var/lib/postgresql/15/main"
    programs: str = "/usr/lib/postgresql/15/bin"
    configuration: str = "/etc/postgresql/15/main/postgresql.conf"
    socket: str = "/var/run/postgresql"
    port: int = 5432
    owner: str = "postgres"
    start: Sequence[str] = ("systemctl", "start", _UNIT)
    stop: Sequence[str] = ("systemctl", "stop", _UNIT)

    def owned(self, *command: str) -> tuple[str, ...]:
        """The command as the cluster's owner, in whose rights alone its files are touched."""
        return ("runuser", "-u", self.owner, "--", *command) if self.owner else command

    def program(self, name: str, *words: str) -> tuple[str, ...]:
        return self.owned(f"{self.programs}/{name}", *words)

    def ask(self, sql: str) -> tuple[str, ...]:
        """The statement by psql, its rows bare; no file of the owner's own counts."""
        where = ("-h", self.socket, "-p", str(self.port), "-U", "postgres", "-d", "postgres")
        return self.program("psql", "-XAtqw", "-v", "ON_ERROR_STOP=1", *where, "-c", sql)
