"""The radios of a device that shows no more of them than the interfaces on which they send.

A radio all of whose interfaces are down sends nothing: it is shut. One that operates may send any network, also none
that is for everybody; the device does not show which, so whether residents can use the radio is unknown, never up. It
is up where the city lets it send no network for everybody: then it need only operate. A radio without an interface may
be shut, or its interfaces may be called otherwise: that is unknown too.
"""

import re
from collections.abc import Collection, Mapping

from city.model.wireless import Band
from monitoring.answers import bare, rows
from monitoring.radio_condition import CANNOT_TELL, NO_NETWORK_SHOWN, NOT_SHOWN, OPERATES, SHUT, UP, Condition
from platforms.profile import InterfaceView


def judge_interfaces(
    view: InterfaceView,
    numbers: Mapping[str, float],
    words: Mapping[str, str],
    wanted: Collection[str],
    cut: Collection[str] = (),
) -> Mapping[Band, Condition]:
    """Of each band that the box has; `wanted` are the networks for everybody that it should send."""
    states = dict[Band, list[float]]((band, []) for _, band in view.bands)
    for index, band in _interfaces(view, words).items():
        states[band].append(numbers.get(view.state.key(index), CANNOT_TELL))
    whole = _is_whole(view, cut)
    return {band: _condition(found, whole=whole, wanted=bool(wanted)) for band, found in states.items()}


def _is_whole(view: InterfaceView, cut: Collection[str]) -> bool:
    """Whether all interfaces were read, so that none is left that may operate."""
    columns = (view.state, view.name, view.name.instead)
    return not any(column is not None and column.oid in cut for column in columns)


def _interfaces(view: InterfaceView, words: Mapping[str, str]) -> Mapping[str, Band]:
    """The band of each interface, by its index, whose name is that of a radio's interface."""
    bands, found = dict(view.bands), dict[str, Band]()
    for column in filter(None, (view.name, view.name.instead)):
        for index, name in rows(column, words):
            called = re.fullmatch(view.pattern, bare(name))
            if called is not None and (band := bands.get(called[called.lastindex or 0])) is not None:
                found[index] = band
    return found


def _condition(states: list[float], *, whole: bool, wanted: bool) -> Condition:
    if OPERATES in states:
        return NO_NETWORK_SHOWN if wanted else UP
    return SHUT if states and whole and CANNOT_TELL not in states else NOT_SHOWN
