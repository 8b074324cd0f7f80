"""The ledger's tables. Times are microseconds since 1970 in UTC: exact, and the same in every database.

A cycle that sees nothing new writes to `last_look` alone: a narrow table without an index, so that thousands of
subjects take few pages. What a subject is seen in lies in `newest_interval`, and moves to `interval` when it ends;
an `interval` is never changed. `city` has one row once anything was kept: whose observations these are.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table

METADATA = MetaData()

# SQLite counts rows up by itself only where the key is an INTEGER.
_KEY = BigInteger().with_variant(Integer, "sqlite")

DECLARATION = Table(
    "declaration",
    METADATA,
    Column("id", _KEY, primary_key=True),
    Column("since_us", BigInteger, nullable=False, unique=True),
    Column("fingerprint", String(64), nullable=False),
)
"""From when on which data of the city were declared, by their fingerprint."""

CITY = Table("city", METADATA, Column("id", String(200), primary_key=True))

OBSERVER = Table(
    "observer",
    METADATA,
    Column("id", _KEY, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
)

SUBJECT = Table(
    "subject",
    METADATA,
    Column("id", _KEY, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
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

NEWEST_INTERVAL = Table(
    "newest_interval",
    METADATA,
    Column("subject_id", _KEY, ForeignKey("subject.id"), primary_key=True, autoincrement=False),
    Column("state", String(10), nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("cause", String(200), nullable=False),
    Column("evidence", String(500), nullable=False),
)

LAST_LOOK = Table(
    "last_look",
    METADATA,
    Column("subject_id", _KEY, ForeignKey("subject.id"), primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("observer_id", BigInteger, ForeignKey("observer.id"), nullable=True),
)
"""When each subject was last looked at and by whom, and where its newest interval ends for that reason."""
