"""Machines on which no host can run: said before anything is done, and the clouds go on without."""

from dataclasses import replace
from unittest.mock import Mock, call

import pytest

from city.model.city import City
from lab.balancing import process as balancing
from lab.fleet import process as fleet
from lab.hosts import golden_image, process
from lab.lab import Lab
from lab.left_out import LeftOut
from lab.names import process as names
from lab.net import districts
from lab.net import process as network
from lab.openstack import offer, regions
from lab.params import LabParams
from lab.real import namespaces
from lab.real import process as real

WITHOUT = LeftOut(part="the real routers", reason="this machine makes no namespaces", remedy="Run elsewhere.")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """The other parts of the lab, which come up at once here."""
    found = Mock()
    found.real.return_value = found.network.return_value = found.balancing.return_value = None
    monkeypatch.setattr(regions, "up", found.regions)
    monkeypatch.setattr(fleet, "up", found.fleet)
    monkeypatch.setattr(real, "spared", found.real)
    monkeypatch.setattr(process, "up", found.hosts)
    monkeypatch.setattr(golden_image, "keep", found.keep)
    monkeypatch.setattr(offer, "up", found.offer)
    monkeypatch.setattr(network, "up", found.network)
    monkeypatch.setattr(balancing, "up", found.balancing)
    monkeypatch.setattr(names, "up", found.names)
    monkeypatch.setattr(districts, "up", found.districts)
    return found


def with_hosts(params: LabParams, lacks: LeftOut | None, monkeypatch: pytest.MonkeyPatch) -> LabParams:
    monkeypatch.setattr(namespaces, "lacking", lambda part: lacks and replace(lacks, part=part))
    return params


def test_where_no_host_can_run_the_clouds_start_without_and_it_is_said(
    params: LabParams, example_city: City, parts: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Mock()
    left_out = Lab(with_hosts(params, WITHOUT, monkeypatch), example_city).up(said)
    assert [(one.part, one.reason) for one in left_out] == [(process.AGENT.keeps, WITHOUT.reason)]
    said.assert_called_once_with(f"left out: {process.AGENT.keeps}: this machine makes no namespaces. Run elsewhere.")
    parts.hosts.assert_not_called()
    assert parts.regions.call_args.args[0].hosts is False
    assert LabParams.load(params.root).hosts, "the lab is still one with hosts, for a machine that can"


def test_hosts_answer_before_the_clouds_ask_for_them(
    params: LabParams, example_city: City, parts: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Lab(with_hosts(params, None, monkeypatch), example_city).up(print) == ()
    assert parts.method_calls[0] == call.hosts(params, print)
    images = [one.id for one in example_city.platform.images]
    assert parts.offer.call_args.args[1:3] == (images, params.image), (
        "what servers start from is offered under their names"
    )
    assert parts.regions.call_args.args[0].hosts is True


def test_a_lab_without_hosts_starts_none_and_says_where_the_machine_could_not(
    example_city: City, params: LabParams, parts: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = replace(params, hosts=False)
    assert Lab(with_hosts(without, None, monkeypatch), example_city).up(print) == ()
    (told,) = Lab(with_hosts(without, WITHOUT, monkeypatch), example_city).up(print)
    assert told.part == process.AGENT.keeps
    parts.hosts.assert_not_called()
    assert process.status(params) == []
