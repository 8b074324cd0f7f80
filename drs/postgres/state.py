"""What a cluster is now: it leads, it follows, or it stands still. Read from itself, or from its files. Pure.

The text of pg_controldata is PostgreSQL's own (15, in English); the columns are those of its monitoring views.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

SQL = """
select json_build_object(
  'recovering', pg_is_in_recovery(),
  'system', (select system_identifier::text from pg_control_system()),
  'timeline', case when pg_is_in_recovery()
     then coalesce((select received_tli from pg_stat_wal_receiver), (select timeline_id from pg_control_checkpoint()))
     else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end,
  'at', (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end) - '0/0'::pg_lsn,
  'receiver', (select status from pg_stat_wal_receiver),
  'leader', current_setting('primary_conninfo'),
  'followers', (select coalesce(json_agg(json_build_object('slot', s.slot_name, 'state', r.state,
     'at', r.replay_lsn - '0/0'::pg_lsn)), '[]')
     from pg_stat_replication r left join pg_replication_slots s on s.active_pid = r.pid))
"""
_FIELD = re.compile(r"^([^:]+):\s+(.*)$", re.MULTILINE)
_CLEAN = ("shut down", "shut down in recovery")


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Who streams from this cluster, by its slot (empty for none), with how far it has replayed."""

    slot: str
    streaming: bool
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`at` is a place in the log (bytes): of a leader where it writes, of a follower what it has replayed, of one that
    stands still its latest checkpoint. `follows` of one that stands still: it would start as a follower."""

    running: bool
    follows: bool
    system: str
    timeline: int
    at: int
    clean: bool = True
    streaming: bool = False
    conninfo: str = ""
    followers: tuple[Follower, ...] = ()

    @property
    def writable(self) -> bool:
        return self.running and not self.follows


def of_running(told: str) -> State:
    """Of the row that SQL gives. Raises ValueError or KeyError for another."""
    row: dict[str, Any] = json.loads(told)
    followers = (
        Follower(slot=one["slot"] or "", streaming=one["state"] == "streaming", at=int(one["at"] or 0))
        for one in row["followers"]
    )
    return State(
        running=True,
        follows=bool(row["recovering"]),
        system=row["system"],
        timeline=int(row["timeline"]),
        at=int(row["at"] or 0),
        streaming=row["receiver"] == "streaming",
        conninfo=row["leader"] or "",
        followers=tuple(followers),
    )


def of_files(controldata: str, *, follows: bool) -> State:
    """Of a cluster that stands still, from pg_controldata. Raises KeyError or ValueError for another text."""
    fields = dict(_FIELD.findall(controldata))
    return State(
        running=False,
        follows=follows,
        system=fields["Database system identifier"],
        timeline=int(fields["Latest checkpoint's TimeLineID"]),
        at=place(fields["Latest checkpoint location"]),
        clean=fields["Database cluster state"] in _CLEAN,
    )


def place(lsn: str) -> int:
    """`16/B374D848` as the number of bytes from the beginning of the log."""
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)
