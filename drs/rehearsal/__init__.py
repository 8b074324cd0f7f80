"""What a copy of a database does by itself in a rehearsal, and what it says of that."""
