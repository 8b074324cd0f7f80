"""How often Designate is asked for a name that a drill moves."""

from types import SimpleNamespace
from typing import Any

import pytest

from asty.designate_names import DesignateNames
from city.errors import Failed
from drs.hands.cloud import Record


class Cloud:
    """Has one zone with one name; `asked` are the requests, in their order."""

    def __init__(self, zone: str = "city.test.") -> None:
        self.asked: list[str] = []
        self.record = SimpleNamespace(records=["10.1.1.1"], ttl=5)
        self.zone = SimpleNamespace(id="z", name=zone, ttl=60)
        self.dns = SimpleNamespace(zones=self._zones, recordsets=self._records, update_recordset=self._update)

    def _zones(self, name: str) -> Any:  # noqa: ANN401 - as the SDK's
        self.asked.append("zones")
        return iter([self.zone] if name == self.zone.name else [])

    def _records(self, zone: Any, **_: str) -> Any:  # noqa: ANN401 - as the SDK's
        assert zone is self.zone
        self.asked.append("records")
        return iter([self.record])

    def _update(self, record: Any, zone_id: str, records: list[str], ttl: int) -> None:  # noqa: ANN401 - as the SDK's
        assert zone_id == "z"
        self.asked.append("update")
        record.records, record.ttl = records, ttl


def names(cloud: Any, zones: dict[str, Any]) -> DesignateNames:  # noqa: ANN401 - a paper one
    return DesignateNames(site="recovery", connect=lambda: cloud, zones=zones)


def test_the_zone_is_asked_for_once_in_a_drill_and_the_record_each_time() -> None:
    cloud, zones = Cloud(), dict[str, Any]()
    moved = Record(addresses=("10.2.2.2",), ttl_s=5)
    names(cloud, zones).lead("www.city.test.", moved)
    assert names(cloud, zones).record("www.city.test.") == moved, "another step of the same drill reads it back"
    assert names(cloud, zones).record("data.city.test.") is not None
    assert cloud.asked == ["zones", "records", "update", "records", "records"]


def test_a_zone_that_was_not_there_is_asked_for_again() -> None:
    cloud, zones = Cloud(zone="later.test."), dict[str, Any]()
    assert names(cloud, zones).record("www.city.test.") is None
    with pytest.raises(Failed, match="does not have it"):
        names(cloud, zones).lead("www.city.test.", Record(addresses=("10.2.2.2",), ttl_s=5))
    cloud.zone.name = "city.test."
    assert names(cloud, zones).record("www.city.test.") is not None
    assert cloud.asked == ["zones", "zones", "zones", "records"]
