"""A drill that is under way: its plan, what has happened so far, and what may happen next."""
