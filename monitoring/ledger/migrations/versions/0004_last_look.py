"""What changes with each look is kept apart from what does not: a cycle without news writes a few pages.

Of the newest interval of a subject it is not known when the last look was that it rests on: its beginning is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "observer",
        sa.Column("id", key, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False, unique=True),
    )
    op.create_table(
        "newest_interval",
        sa.Column("subject_id", key, sa.ForeignKey("subject.id"), primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("evidence", sa.String(500), nullable=False),
    )
    op.create_table(
        "last_look",
        sa.Column("subject_id", key, sa.ForeignKey("subject.id"), primary_key=True, autoincrement=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("observer_id", sa.BigInteger, sa.ForeignKey("observer.id"), nullable=True),
    )
    newest = "FROM interval JOIN subject ON subject.latest = interval.id"
    columns = "subject_id, state, start_us, cause, evidence"
    op.execute(f"INSERT INTO newest_interval ({columns}) SELECT {columns} {newest}")
    op.execute(f"INSERT INTO last_look (subject_id, at_us, end_us) SELECT subject_id, start_us, end_us {newest}")
    op.execute("DELETE FROM interval WHERE id IN (SELECT latest FROM subject)")
    op.drop_column("subject", "latest")


def downgrade() -> None:
    op.add_column("subject", sa.Column("latest", sa.BigInteger, nullable=True))
    op.execute(
        "INSERT INTO interval (subject_id, end_us, state, start_us, cause, evidence) "
        "SELECT newest_interval.subject_id, end_us, state, start_us, cause, evidence "
        "FROM newest_interval JOIN last_look ON last_look.subject_id = newest_interval.subject_id"
    )
    op.execute("UPDATE subject SET latest = (SELECT max(interval.id) FROM interval WHERE subject_id = subject.id)")
    for table in ("last_look", "newest_interval", "observer"):
        op.drop_table(table)
