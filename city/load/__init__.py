"""From a city's folder to a City: all of it, or every defect that keeps it from being made."""

from city.load.city import Rule, load

__all__ = ["Rule", "load"]
