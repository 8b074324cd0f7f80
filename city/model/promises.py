"""What the city promised its residents, with the page that says so."""

from dataclasses import dataclass, field
from datetime import date

from city.located import Node
from city.model.places import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """`target` is a share (0..1) to be reached or passed by the end of the day `due`.

    `rule` is by what the promise is measured, as the city's data say it: whoever measures the promise reads it.
    """

    id: str
    name: Text
    target: float
    due: date
    source: str
    rule: Node = field(hash=False)
