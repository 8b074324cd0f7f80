"""Families of devices, one module each, by the name that the City's data gives them."""
