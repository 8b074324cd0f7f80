"""PostgreSQL at two sites: what a cluster is now, and what makes it lead, follow or stand still."""
