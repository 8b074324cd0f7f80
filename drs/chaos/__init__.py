"""A drill while something breaks: a fault at a step, drawn by a seed, and what held all the same."""
