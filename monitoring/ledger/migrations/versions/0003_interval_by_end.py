"""The states of all subjects at a moment are asked for, too: what ended long ago is not looked at."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("interval_by_end", "interval", ["end_us"])


def downgrade() -> None:
    op.drop_index("interval_by_end", "interval")
