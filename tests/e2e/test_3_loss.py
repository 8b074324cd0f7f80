"""The data centre is gone: what the recovery site can do alone, and what the rest of the suite makes of it."""

import pytest

from lab.lab import Lab
from tests.e2e.operator import Operator

pytestmark = pytest.mark.lab


def test_with_both_sites_up_readiness_compares_them(city_up: Operator) -> None:
    found = city_up.asks("drill", "readiness", code=None)
    assert all(not gap["subject"].startswith("stack") for gap in found["gaps"] if gap["weight"] == "blocking")


def test_with_the_data_centre_off_readiness_says_what_the_recovery_site_can_do_alone(
    city_up: Operator, lab: Lab
) -> None:
    city_up.asty("lab", "fault", "region-off", "datacentre")
    try:
        said = city_up.asty("drill", "readiness", code=None)
        found = city_up.asks("drill", "readiness", code=None)
        city_up.asty("poll", "--once")
        services = city_up.asks("poll", "--once")["subjects"]
    finally:
        city_up.asty("lab", "fault", "clear", "datacentre")
    assert said.code in (1, 4)
    assert "datacentre does not answer" in said.out
    assert "without the data centre" in said.out
    assert "needs registry, which is not in the cloud" in said.out
    alone = {service["service"]: (service["alone"], service["waits_for"]) for service in found["services"]}
    assert alone["identity"] == ("unknown", ["dns"]), "it runs there, and nobody can say that its name service does"
    assert alone["e-services"] == ("unknown", ["registry", "dns"])
    states = {row["subject"]: row["state"] for row in services if row["subject"].startswith("service:")}
    assert "up" not in {states[f"service:{s.id}"] for s in lab.city.services if s.recovery == "cold"}
