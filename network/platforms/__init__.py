"""Families of devices by the name that the City's data gives them."""
