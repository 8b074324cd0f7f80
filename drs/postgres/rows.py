"""How many rows each table of a database has."""

import json
from collections.abc import Mapping
from typing import TypeAlias

from city.errors import Failed
from drs.postgres.cluster import Cluster

Rows: TypeAlias = Mapping[str, int]
"""By `schema.table`."""
ROWS = """
select coalesce(json_object_agg(format('%I.%I', schemaname, tablename),
  (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I', schemaname, tablename),
    false, true, '')))[1]::text::bigint), '{}')
from pg_tables where schemaname not in ('pg_catalog', 'information_schema')
"""
"""All of them in one statement, so of one moment; a follower answers it as well."""


def rows(cluster: Cluster, database: str) -> Rows:
    """As the cluster has them now. Raises Failed where it does not tell."""
    where = ("-h", cluster.place.socket, "-p", str(cluster.place.port), "-U", "postgres", "-d", database)
    told = cluster.shell.run(cluster.place.program("psql", "-XAtqw", "-v", "ON_ERROR_STOP=1", *where, "-c", ROWS))
    try:
        return {str(table): int(count) for table, count in json.loads(told).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise Failed(f"{cluster}", f"its rows cannot be read ({error})", "Look at it by `psql`.") from error
