"""Platforms are found, not listed: one module, one record, one name."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import platforms as room
from asty import city_data
from city.errors import InvalidInput
from city.load import load
from city.model.city import City
from city.model.wireless import AccessPoint
from platforms import fitness, registry
from platforms.record import DeviceKind, Hardware, Misfit, Platform
from platforms.registry import grammar, intended, names, platform, platforms, profile
from tests.city.board import EXAMPLE, Board

MODULE = """
from platforms.record import Hardware, DeviceKind, Platform
PLATFORM = Platform(name="{}", kind=DeviceKind.SWITCH, hardware=Hardware())
"""
Write = Callable[[str, str], None]


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(Path(shutil.copytree(EXAMPLE, tmp_path / "example")))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a module into the package, as a newcomer would."""
    assert platforms(), "what there is without it is known already"
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])

    def put(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text)

    return put


def test_a_new_module_is_found_without_being_listed(write: Write) -> None:
    write("found_by_itself", MODULE.format("new-switch"))
    found = platforms.__wrapped__()
    assert set(found) == {*platforms(), "new-switch"}
    assert found["new-switch"].kind is DeviceKind.SWITCH


def test_a_module_without_a_record_is_a_mistake_of_ours(write: Write) -> None:
    write("found_without_record", "x = 1\n")
    with pytest.raises(TypeError, match=r"found_without_record ends in no PLATFORM"):
        platforms.__wrapped__()


def test_a_second_record_of_one_name_is_a_mistake_of_ours(write: Write) -> None:
    write("found_twice", MODULE.format("street-ap"))
    with pytest.raises(TypeError, match="a second platform street-ap"):
        platforms.__wrapped__()


def test_who_pushes_can_say_what_should_be_and_who_answers_is_pushed_or_polled() -> None:
    for known in platforms().values():
        assert (known.grammar is None) == (known.intend is None)
        assert known.grammar is not None or known.profile is not None
        assert known.grammar is None or known.grammar.name == known.name
        assert bool(known.hardware.radios) == (known.kind is DeviceKind.ACCESS_POINT)


def test_an_unknown_platform_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match=r"platform street-app: .* Known: street-ap"):
        platform("street-app")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every platform is one that is neither polled nor pushed."""
    known = {
        name: Platform(name=name, kind=found.kind, hardware=Hardware(), misfits=found.misfits)
        for name, found in platforms().items()
    }
    monkeypatch.setattr(registry, "platforms", lambda: known)


@pytest.mark.usefixtures("bare")
def test_one_that_is_only_polled_is_not_pushed_and_one_that_is_only_pushed_not_polled(example_city: City) -> None:
    with pytest.raises(InvalidInput, match="no push is known"):
        grammar("frr")
    with pytest.raises(InvalidInput, match="no push is known"):
        intended(example_city, example_city.device("ap-0001"))
    with pytest.raises(InvalidInput, match="over SNMP"):
        profile("frr")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("street-ap", "street-app", "'street-app' is not known here", id="nobody's name"),
        pytest.param("street-ap", "frr", "'frr' is not known here", id="a platform of switches"),
    ],
)
def test_check_tells_a_platform_that_no_access_point_can_be(board: Board, old: str, new: str, told: str) -> None:
    file, line = board.plant("access_points.csv", old, new)
    (defect,) = board.defects()
    assert told in defect.problem and "street-ap" in defect.remedy
    assert (defect.file.name, defect.line) == (file, line)


def test_the_model_alone_knows_no_platform(board: Board) -> None:
    board.plant("access_points.csv", "street-ap", "street-app")
    assert load(board.folder).device("ap-0001").platform == "street-app"


def test_a_misfit_of_a_network_is_told_once_at_its_own_line(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    def shouts(device: object, ssids: object) -> list[Misfit]:
        assert device
        assert isinstance(ssids, tuple)
        return [Misfit(thing=ssid, field="name", problem="it shouts", remedy="Whisper.") for ssid in ssids]

    known = {name: replace(found, misfits=shouts) for name, found in platforms().items()}
    monkeypatch.setattr(registry, "platforms", lambda: known)
    defects = board.defects()
    lines = (EXAMPLE / "wifi.yaml").read_text(encoding="utf-8").splitlines()
    assert [defect.file.name for defect in defects] == ["wifi.yaml", "wifi.yaml"]
    assert all("name:" in lines[defect.line - 1] and "shouts" in defect.problem for defect in defects)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        pytest.param("wifi.yaml", "vlan: 120", "vlan: 1002", "VLAN 1002", id="a network of residents"),
        pytest.param("wifi.yaml", "vlan: 120", "vlan: 1", "VLAN 1 ", id="the VLAN that is always there"),
        pytest.param(
            "networks.yaml", "purpose: management, vlan: 900, cidr: 10.10", None, "VLAN 1005", id="management"
        ),
        pytest.param("switches.csv", "10.10.0.11,12", "10.10.0.11,49", "49 ports", id="more ports than a box has"),
    ],
)
def test_check_tells_what_a_switch_cannot_be_told(
    board: Board, file: str, old: str, new: str | None, told: str
) -> None:
    """Once, at its own line, whichever and however many boxes would be told."""
    if file == "wifi.yaml":
        board.plant(
            "networks.yaml",
            f"west-staff: {{site: west, purpose: wifi, {old}",
            f"west-staff: {{site: west, purpose: wifi, {new}",
        )
        board.plant(
            "networks.yaml",
            f"east-staff: {{site: east, purpose: wifi, {old}",
            f"east-staff: {{site: east, purpose: wifi, {new}",
        )
    where, line = board.plant(file, old, new or old.replace("900", "1005"))
    (defect,) = board.defects()
    assert (defect.file.name, defect.line) == (where, line)
    assert told in defect.problem


@pytest.mark.parametrize("platform_name", ["mesh-ap", "openwrt"])
def test_check_tells_a_second_radius_server_that_a_box_would_not_ask(board: Board, platform_name: str) -> None:
    board.plant("wifi.yaml", "[{address: 10.1.3.7}]", "[{address: 10.1.3.7}, {address: 10.1.3.8}]")
    board.plant("access_points.csv", "mesh-ap", platform_name)
    (defect,) = board.defects()
    assert (defect.file.name, defect.line) == ("wifi.yaml", 2)
    assert "asks one RADIUS server" in defect.problem


def test_vlan_names_that_are_too_long_stay_apart(example_city: City) -> None:
    long = "the-network-of-the-municipal-library-"
    ssids = tuple(replace(ssid, id=f"{long}{ssid.id}") for ssid in example_city.ssids)
    points = tuple(replace(p, ssids=tuple(f"{long}{s}" for s in p.ssids)) for p in example_city.access_points)
    city = replace(example_city, ssids=ssids, access_points=points)
    for device_id in ("sw-west-01", "ap-0001"):
        wanted = intended(city, city.device(device_id))
        named = [wanted.lines(f"vlan {vlan}") for vlan in (110, 120)]
        assert named[0] != named[1]
        assert all(len(name.removeprefix("name ")) <= 32 for names in named for name in names)


def test_access_points_and_switches_have_names_of_their_own() -> None:
    assert {"street-ap", "mesh-ap"} <= set(names(DeviceKind.ACCESS_POINT))
    assert {"edge-switch", "frr"} <= set(names(DeviceKind.SWITCH))


def test_the_rule_is_one_that_load_takes() -> None:
    assert load(EXAMPLE, fitness.check) == load(EXAMPLE)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        pytest.param("radio_x,dot11radio 1", "street-ap has no radio 'radio_x' for 2.4GHz", id="nobody's radio"),
        pytest.param("dot11radio 1,dot11radio 1", "no radio 'dot11radio 1' for 2.4GHz", id="the other band's radio"),
        pytest.param("radio!,dot11radio 1", "a name of hardware", id="no name"),
    ],
)
def test_check_tells_a_radio_that_the_box_does_not_have(board: Board, names: str, told: str) -> None:
    declare_radios(board, {"ap-0001": names})
    (defect,) = board.defects()
    assert (defect.file.name, defect.line) == ("access_points.csv", 2)
    assert told in defect.problem


def test_a_radio_may_carry_the_hardware_s_name(board: Board) -> None:
    declare_radios(board, {"ap-0001": "dot11radio 0,dot11radio 1", "ap-0003": "radio0,"})
    city = city_data.load(board.folder)
    point = city.device("ap-0001")
    assert isinstance(point, AccessPoint)
    assert [radio.hardware for radio in point.radios] == ["dot11radio 0", "dot11radio 1"]
    assert intended(city, point) == intended(load(EXAMPLE), load(EXAMPLE).device("ap-0001"))


def declare_radios(board: Board, named: Mapping[str, str]) -> None:
    path = board.folder / "access_points.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    with_names = [f"{row},{named.get(row.partition(',')[0], ',')}" for row in rows]
    path.write_text("\n".join([f"{head},radio_2.4GHz,radio_5GHz", *with_names, ""]), encoding="utf-8")
