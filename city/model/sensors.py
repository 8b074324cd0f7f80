"""Things in the street that report: light poles and bus stops."""

from dataclasses import dataclass
from enum import StrEnum

from city.geography import Point
from city.model.places import Status


class SensorKind(StrEnum):
    LIGHT_POLE = "light-pole"
    BUS_STOP = "bus-stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    id: str
    kind: SensorKind
    site: str
    position: Point
    status: Status
