"""What a city declares. Frozen, keyword-only, without I/O; made by city.load, used by every room."""
