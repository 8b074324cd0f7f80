"""Whoever stands where residents do: asks for a name, opens a service by it, writes marks and remembers each."""
