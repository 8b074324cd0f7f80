"""Availability as a client outside measures it: what a probe is, from where it asks, and what its answers mean."""
