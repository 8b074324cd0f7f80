import pytest

from city.errors import InvalidInput
from city.model.city import City
from network.selection import select


@pytest.mark.parametrize(
    ("expressions", "ids"),
    [
        pytest.param(["id=ap-0003"], ["ap-0003"], id="one by its id"),
        pytest.param(["site=west,platform=mesh-ap"], ["ap-0003", "ap-0006"], id="a comma narrows"),
        pytest.param(["id=ap-0009", "id=sw-west-01"], ["sw-west-01", "ap-0009"], id="repeating widens, in city order"),
        pytest.param(["tag=harbour"], ["ap-0001", "ap-0007"], id="by tag"),
        pytest.param(["tag=harbour", "id=ap-0001"], ["ap-0001", "ap-0007"], id="nobody twice"),
        pytest.param([" platform = frr "], ["sw-core-01"], id="spaces do not matter"),
    ],
)
def test_selection(example_city: City, expressions: list[str], ids: list[str]) -> None:
    assert [device.id for device in select(example_city, expressions)] == ids


def test_nothing_said_means_every_device(example_city: City) -> None:
    assert select(example_city, []) == example_city.devices


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        pytest.param("site=wset", "west", id="a site misspelt"),
        pytest.param("plattform=frr", "platform", id="a key misspelt"),
        pytest.param("west", "key=value", id="no key"),
        pytest.param("site=", "key=value", id="no value"),
        pytest.param("site=west,", "key=value", id="a comma too many"),
        pytest.param("site=east,tag=snmp-v2c", "no device fits all", id="each fits somebody, both nobody"),
        pytest.param("id=ap-0099", "ap-0009", id="an id that is none"),
    ],
)
def test_a_selection_of_nothing_is_an_error_with_what_is_near(example_city: City, expression: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        select(example_city, [expression])
