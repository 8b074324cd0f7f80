"""In which order services are recovered: what others need before them, and among those the urgent first. Pure."""

from functools import cache
from itertools import groupby

from city.model.city import City
from drs.expected import in_the_cloud


def waves(city: City) -> tuple[tuple[str, ...], ...]:
    """The services in the cloud, wave by wave, those of a wave side by side.

    A service that others need is as urgent as the most urgent of them. The loader promises that nothing depends on
    itself; what is not in the cloud is nobody's to wait for here.
    """
    cloud = in_the_cloud(city)

    @cache
    def depth(service: str) -> int:
        return 1 + max((depth(other) for other in cloud[service][0].depends_on if other in cloud), default=-1)

    @cache
    def urgency(service: str) -> int:
        needing = [other for other, (declared, _) in cloud.items() if service in declared.depends_on]
        return min([int(cloud[service][0].tier), *map(urgency, needing)])

    def place(service: str) -> tuple[int, int]:
        return urgency(service), depth(service)

    return tuple(tuple(sorted(wave)) for _, wave in groupby(sorted(cloud, key=place), key=place))
