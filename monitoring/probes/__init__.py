"""One kind of probe a module: each ends in its record PROBE, and no list names it."""
