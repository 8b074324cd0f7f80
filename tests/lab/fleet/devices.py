"""Devices on paper for the tests of this folder: one of each platform, and somebody who types."""

from city.model.wireless import Band
from lab.fleet.box import Hardware
from lab.fleet.dialects.dialect import START
from lab.fleet.fleet import new
from lab.fleet.registry import family
from lab.fleet.state import DeviceState

SWITCH = Hardware(
    id="sw-1", platform="edge-switch", index=0, serial="S1", mac=b"\2abcde", ports=4, neighbours=((3, "ap-1"),)
)
STREET_AP = Hardware(
    id="ap-1",
    platform="street-ap",
    index=1,
    serial="A1",
    mac=b"\2abcdf",
    bands=(Band.GHZ_2_4, Band.GHZ_5),
    upstream="sw-1",
    upstream_port=3,
)
MESH_AP = Hardware(
    id="ap-2", platform="mesh-ap", index=2, serial="A2", mac=b"\2abcdg", bands=(Band.GHZ_2_4, Band.GHZ_5)
)
ALL = (SWITCH, STREET_AP, MESH_AP)


def boxed(hardware: Hardware) -> DeviceState:
    """As it comes, booted at time 0."""
    return new(hardware, 0.0)


def tell(state: DeviceState, *lines: str, now: float = 100.0) -> tuple[DeviceState, list[str]]:
    """Type lines into one session at one moment: the state after them, and the answer to each."""
    dialect, session, answers = family(state.hardware.platform).dialect, START, []
    for line in lines:
        answer = dialect.answer(state, session, line, now)
        state, session = answer.state, answer.session
        answers.append(answer.text)
    return state, answers


def said(answer: str) -> str:
    """Without the line that points at what is wrong, and the empty line after it."""
    return answer.lstrip(" ^\n").rstrip("\n")


def running(state: DeviceState) -> str:
    return family(state.hardware.platform).dialect.print(state.running, state.hardware)
