"""The city's data, held to its own rules, and to those of the platforms, promises, probes and roles that it names."""

from pathlib import Path

from city import load as reading
from city.model.city import City
from infra import declared as hosts
from monitoring.figures import registry
from monitoring.probing import declared as probes
from platforms import fitness


def load(folder: Path) -> City:
    """Raises InvalidCity with every defect found, each with file, line and remedy; InvalidInput without a folder."""
    return reading.load(folder, fitness.check, registry.check, probes.check, hosts.check)
