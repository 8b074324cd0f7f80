"""Subjects and their intervals."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "subject",
        sa.Column("id", key, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False, unique=True),
        sa.Column("latest", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "interval",
        sa.Column("id", key, primary_key=True),
        sa.Column("subject_id", sa.BigInteger, sa.ForeignKey("subject.id"), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("evidence", sa.String(500), nullable=False),
    )
    op.create_index("interval_of_subject", "interval", ["subject_id", "end_us"])


def downgrade() -> None:
    op.drop_index("interval_of_subject", "interval")
    op.drop_table("interval")
    op.drop_table("subject")
