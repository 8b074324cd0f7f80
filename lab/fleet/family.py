"""All that the lab knows of a family of boxes, in one record at the end of the family's module."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from city.model.wireless import Band
from lab.fleet.dialects.dialect import Dialect
from lab.fleet.views.objects import Object
from lab.fleet.views.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """`bands`: one for each radio that the vendor builds in. `ports_sold`: how many ports the models have, ascending.

    `enterprise` is the vendor's number with IANA; `shows` gives every object of the SNMP view of a box of this shape.
    """

    name: str
    dialect: Dialect
    enterprise: int
    shows: Callable[[Shape], Iterable[Object]]
    bands: tuple[Band, ...] = ()
    ports_sold: tuple[int, ...] = ()

    def ports(self, highest: int) -> int:
        """Of the smallest model into whose ports all cables fit; of the largest where none is large enough."""
        fitting = [sold for sold in self.ports_sold if sold >= highest] or self.ports_sold[-1:]
        return min(fitting, default=0)
