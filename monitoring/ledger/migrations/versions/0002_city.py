"""Whose observations these are. What was kept before is the city's that writes next."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("city", sa.Column("id", sa.String(200), primary_key=True))


def downgrade() -> None:
    op.drop_table("city")
