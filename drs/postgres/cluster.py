"""One PostgreSQL cluster on its host: asked what it is, promoted, stopped, made to follow the other.

Whatever is begun twice does no harm: a step of a drill may be repeated after a kill. Sources: PostgreSQL 15,
chapters 27 (log shipping), pg_rewind, pg_basebackup, pg_controldata.
"""

from dataclasses import dataclass, field

from city.errors import Failed
from drs.hands.shell import Declined, Shell
from drs.postgres.conninfo import parse, turned, write
from drs.postgres.place import Place
from drs.postgres.state import SQL, State, of_files, of_running

_WRITE = """
set synchronous_commit = local;
create table if not exists asty_promotion (timeline int primary key, at timestamptz not null default now());
insert into asty_promotion (timeline)
  select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int on conflict do nothing;
select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int
"""
_READ = """
select 1 from asty_promotion
  where timeline = ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int
"""
"""A row for each promotion proves that the cluster takes writes; one that follows tells no place of its log."""
_FILES = '"$1" -D "$2" && if test -e "$2/standby.signal"; then echo standby.signal; fi'
_NOBODY = ("could not connect", "connection to server", "No such file")
"""So psql says that no server is there (its messages of 15, in English)."""
_APPEND = 'printf "%s\\n" "$1" >> "$2/postgresql.auto.conf" && touch "$2/standby.signal" && sync "$2" "$2"/*.conf'
_LEAD_AGAIN = 'rm -f "$1/standby.signal" && sync "$1"'
_INSTEAD = 'mv "$1" "$1.diverged-$(date -u +%Y%m%dT%H%M%SZ)" && mv "$1.new" "$1" && sync "$(dirname "$1")"'
_KEEP_LOG = 'kept="$1.diverged-$(date -u +%Y%m%dT%H%M%SZ)"; cp -a "$1/pg_wal" "$kept.part" && mv "$kept.part" "$kept"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """`address` is where the other site's cluster reaches it."""

    name: str
    address: str
    shell: Shell = field(repr=False)
    place: Place = field(default_factory=Place)

    def __str__(self) -> str:
        return self.name

    def state(self) -> State:
        """Raises Failed where the host cannot be asked, or has no cluster that can be read."""
        try:
            return of_running(self._sql(SQL))
        except Declined as error:
            if not any(said in error.told for said in _NOBODY):
                raise
        except (ValueError, KeyError) as error:
            raise Failed(self.name, f"its state cannot be read ({error})", "Look at it by `psql`.") from error
        return self._files()

    def _files(self) -> State:
        told = self.shell.run(
            self.place.owned("sh", "-c", _FILES, "sh", f"{self.place.programs}/pg_controldata", self.place.data)
        )
        try:
            return of_files(told, follows="standby.signal" in told.splitlines())
        except (ValueError, KeyError) as error:
            raise Failed(self.name, f"pg_controldata tells no {error}", "Look at its data.") from error

    def _sql(self, statement: str) -> str:
        return self.shell.run(self.place.ask(statement)).strip()

    def promote(self, within_s: int) -> str:
        """Lead, unless it does already, and keep a row that says so; returns the timeline. Raises Failed where it does
        not."""
        if self._sql(f"select not pg_is_in_recovery() or pg_promote(true, {within_s:d})") != "t":
            raise Failed(self.name, f"it still follows after {within_s} s", "Look at its log.")
        return self._sql(_WRITE)

    def promoted(self) -> bool:
        """Whether it takes writes: it leads, and the row of this timeline is read back. Raises Failed where nobody can
        tell."""
        try:
            return self._sql(_READ) == "1"
        except Declined:
            self.state()
            return False

    def stop(self) -> None:
        """In order: what follows has all of it before the cluster ends, if it is there. It may have ended before."""
        self.shell.run(self.place.stop)

    def start(self) -> None:
        """As its files say: it follows where they say so."""
        self.shell.run(self.place.start)

    def settle(self) -> None:
        """Write a checkpoint, so that whoever is to follow finds the new timeline on the disk."""
        self._sql("checkpoint")

    def slot(self, name: str) -> None:
        """Keep of the log what the follower of this name has not got yet."""
        wanted = "not exists (select from pg_replication_slots where slot_name = "
        self._sql(f"select pg_create_physical_replication_slot('{name}', true) where {wanted}'{name}')")

    def forget_slots(self) -> None:
        """Keep log for nobody any more: who follows needs no followers of its own. Active ones stay."""
        self._sql("select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active")

    def way_to(self, leader: "Cluster", conninfo: str) -> str:
        """How it follows that leader, from how the other follows or followed."""
        return turned(conninfo, host=leader.address, port=str(leader.place.port))

    def conninfo(self) -> str:
        """How it followed last, if ever: of a cluster that runs or stands still."""
        told = self.shell.run(
            self.place.program("postgres", "-D", self.place.data, *self._configured(), "-C", "primary_conninfo")
        )
        return told.strip()

    def _configured(self) -> tuple[str, ...]:
        return ("-c", f"config_file={self.place.configuration}") if self.place.configuration else ()

    def follow(self, conninfo: str, slot: str) -> None:
        """From its next start on it follows. Nobody can start it as a leader by mistake any more."""
        kept = f"primary_conninfo = {_quoted(conninfo)}\nprimary_slot_name = {_quoted(slot)}"
        self._script(_APPEND, kept, self.place.data)

    def lead_again(self) -> None:
        """The way back of `follow`, for a cluster that stands still."""
        self._script(_LEAD_AGAIN, self.place.data)

    def rewind(self, conninfo: str) -> None:
        """Give up what it wrote beside the leader; its log of that time is kept. It stands still before and after."""
        self._script(_KEEP_LOG, self.place.data)
        source = write({**parse(conninfo), "dbname": "postgres"})
        configured = (f"--config-file={self.place.configuration}",) if self.place.configuration else ()
        words = ("-D", self.place.data, f"--source-server={source}", "-R", *configured)
        self.shell.run(self.place.program("pg_rewind", *words))

    def rebuild(self, conninfo: str, slot: str) -> None:
        """Copy the leader whole; the old data are kept beside it. A copy that breaks off changes nothing."""
        new = f"{self.place.data}.new"
        self.shell.run(self.place.owned("rm", "-rf", new))
        words = ("-D", new, "-d", conninfo, "-X", "stream", "-c", "fast", "-R", "-S", slot)
        self.shell.run(self.place.program("pg_basebackup", *words))
        self._script(_INSTEAD, self.place.data)

    def _script(self, script: str, *words: str) -> None:
        self.shell.run(self.place.owned("sh", "-c", script, "sh", *words))


def _quoted(value: str) -> str:
    """As postgresql.conf has it."""
    return "'" + value.replace("'", "''") + "'"
