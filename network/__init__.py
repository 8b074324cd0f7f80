"""Devices in the street: what each should be, how that differs from what it is, and bringing it there."""
