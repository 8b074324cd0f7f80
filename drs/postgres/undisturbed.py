"""Whether a leader and its follower went on all the time: neither was started anew, and the stream never broke."""

import json
from dataclasses import dataclass

from city.errors import Failed
from drs.postgres.cluster import Cluster
from drs.postgres.pair import Pair

_AGES = """
select json_build_object(
  'server', extract(epoch from clock_timestamp() - pg_postmaster_start_time()),
  'recovering', pg_is_in_recovery(),
  'paused', pg_is_in_recovery() and pg_is_wal_replay_paused(),
  'streams', (select coalesce(json_object_agg(s.slot_name, extract(epoch from clock_timestamp() - r.backend_start)),
     '{}') from pg_stat_replication r join pg_replication_slots s on s.active_pid = r.pid
     where r.state = 'streaming'))
"""
"""Ages, not moments: the clocks of two hosts differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """In seconds: of the server, and by slot of each stream that it sends."""

    server: float
    recovering: bool
    paused: bool
    streams: dict[str, float]


def ages(cluster: Cluster) -> Ages:
    """Raises Failed where it does not tell."""
    told = cluster.shell.run(cluster.place.ask(_AGES))
    try:
        return Ages(**json.loads(told))
    except (ValueError, TypeError) as error:
        raise Failed(f"{cluster}", f"its age cannot be read ({error})", "Look at it by `psql`.") from error


def disturbed(pair: Pair, for_s: float) -> str:
    """What happened to the pair within the last `for_s` seconds, or nothing."""
    leader, follower = ages(pair.leader), ages(pair.follower)
    stream = leader.streams.get(pair.slot)
    found = (
        (leader.recovering, f"{pair.leader} does not lead"),
        (not follower.recovering, f"{pair.follower} does not follow"),
        (follower.paused, f"the replay of {pair.follower} is paused"),
        (leader.server < for_s, f"{pair.leader} was started {leader.server:.0f} s ago"),
        (follower.server < for_s, f"{pair.follower} was started {follower.server:.0f} s ago"),
        (stream is None, f"nobody streams from {pair.leader} to {pair.follower}"),
        (stream is not None and stream < for_s, f"the stream to {pair.follower} began {stream or 0:.0f} s ago"),
    )
    return "; ".join(told for happened, told in found if happened)
