"""The ledger's tables. Times are microseconds since 1970 in UTC: exact, and the same in every database.

`subject.latest` points at the subject's newest interval, so that an observation is one look-up however
long the history is. `city` has one row once anything was kept: whose observations these are.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table

METADATA = MetaData()

# SQLite counts rows up by itself only where the key is an INTEGER.
_KEY = BigInteger().with_variant(Integer, "sqlite")

CITY = Table("city", METADATA, Column("id", String(200), primary_key=True))

SUBJECT = Table(
    "subject",
    METADATA,
    Column("id", _KEY, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("latest", BigInteger, nullable=True),
)

INTERVAL = Table(
    "interval",
    METADATA,
    Column("id", _KEY, primary_key=True),
    Column("subject_id", BigInteger, ForeignKey("subject.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("cause", String(200), nullable=False),
    Column("evidence", String(500), nullable=False),
)
Index("interval_of_subject", INTERVAL.c.subject_id, INTERVAL.c.end_us)
Index("interval_by_end", INTERVAL.c.end_us)
