"""Grammars that families of devices share."""
