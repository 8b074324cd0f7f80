"""What a device should be, from the City: each platform's record says how it is written."""

from city.model.city import City, Device
from platforms import registry
from platforms.grammar.configuration import Configuration


def intended(city: City, device: Device) -> Configuration:
    """The part of a device's configuration that the City decides. Raises InvalidInput naming device and field."""
    return registry.intended(city, device)
