"""What a copy does by itself, and what it says of that."""
