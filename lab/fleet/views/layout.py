"""Which objects a device has, in their order: shared by all devices of one shape, values read when asked."""

from bisect import bisect_right
from functools import lru_cache

from lab.fleet.registry import family
from lab.fleet.views.objects import Object, oid
from lab.fleet.views.shape import Shape


class Layout:
    """Objects by OID, in the order that GETNEXT walks (RFC 3416, 4.2.2). OIDs come and go as dotted text."""

    def __init__(self, objects: list[Object]) -> None:
        self._objects = sorted(objects, key=lambda o: o.oid)
        self._oids = [o.oid for o in self._objects]
        self._of = {o.of for o in self._objects}
        self._places = {o.name: place for place, o in enumerate(self._objects)}

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, name: str) -> Object | None:
        place = self._places.get(name)
        return None if place is None else self._objects[place]

    def after(self, name: str) -> Object | None:
        """The first object behind `name`; None at the end of the view."""
        place = self._places.get(name)
        following = bisect_right(self._oids, oid(name)) if place is None else place + 1
        return self._objects[following] if following < len(self._objects) else None

    def has_instances_of(self, name: str) -> bool:
        """Whether `name` would be an instance of an object that has others: noSuchInstance, not noSuchObject."""
        arcs = oid(name)
        return any(arcs[:length] in self._of for length in range(len(arcs) + 1))


@lru_cache(maxsize=256)
def layout(of: Shape) -> Layout:
    return Layout(list(family(of.platform).shows(of)))
