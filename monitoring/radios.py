"""Whether residents can use each radio of an access point: one observation per radio that the city declares.

A device that answers is not yet a radio that sends. Where the device is not up, its radios are as it is. Where it is,
a radio is up that operates and sends a network for everybody, and what the device does not show is unknown. Where it
sends on another channel or with another power than declared, that is told with it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from city.model.city import City, Device
from city.model.wireless import AccessPoint, Band, Radio
from monitoring.answers import bare, rows
from monitoring.coverage.share import FOR_EVERYBODY
from monitoring.ledger.intervals import Observation, State
from monitoring.radio_condition import (
    CANNOT_TELL,
    NO_NETWORK_SHOWN,
    NOT_FOR_EVERYBODY,
    NOT_SHOWN,
    OPERATES,
    SHUT,
    SILENT,
    UP,
    Condition,
)
from monitoring.radio_interfaces import judge_interfaces
from monitoring.sending import Sending
from platforms.profile import InterfaceView, RadioView
from platforms.registry import platform, profile

_LEAST_MHZ, _2_4_GHZ_MHZ, _5_GHZ_MHZ = 2400, 2407, 5000
"""No channel has so high a number; from where channels of each band count in steps of 5 MHz."""
_6_GHZ = frozenset(range(1, 234, 4))
_CHANNELS = {
    Band.GHZ_2_4: frozenset(range(1, 15)),
    Band.GHZ_5: frozenset(range(32, 178)) - frozenset(range(33, 146, 4)),
}
"""All there are, as a device may be set to one that is not allowed outdoors: IEEE 802.11-2020, annex E, and for 6 GHz
802.11ax-2021, operating class 131. At 5 GHz those below 146 are even, so that an odd one is of 6 GHz."""


def subject(access_point: str, band: str) -> str:
    """What the ledger calls a radio."""
    return f"radio:{access_point}/{band}"


def observations(device: Device, seen: Observation, shown: Mapping[Band, Condition]) -> tuple[Observation, ...]:
    """Of each declared radio, when its device was `seen`; `shown` is what it showed of them, if it was up."""
    radios = device.radios if isinstance(device, AccessPoint) else ()
    otherwise = NOT_SHOWN if seen.state is State.UP else (seen.state, seen.cause)
    return tuple(
        replace(seen, subject=subject(device.id, radio.band), state=state, cause=cause, evidence="")
        for radio in radios
        for state, cause in (shown.get(radio.band, otherwise),)
    )


def judge(
    city: City,
    device: Device,
    numbers: Mapping[str, float],
    words: Mapping[str, str],
    cut: Collection[str] = (),
) -> Mapping[Band, Condition]:
    """What a device that is up shows of its radios; one that serves no network for everybody need only operate.

    `cut` are the columns that were not read to their end: that they lack a row says nothing.
    """
    view = profile(device.platform).radios
    if view is None:
        return {}
    wanted = _for_everybody(city, device)
    if isinstance(view, InterfaceView):
        return judge_interfaces(view, numbers, words, wanted, cut)
    declared = {radio.band: radio for radio in device.radios} if isinstance(device, AccessPoint) else {}
    found = dict[Band, list[Condition]]((band, []) for band in Band)
    all_shown = view.ssid.oid not in cut
    unsure = _6_GHZ if _may_be_6_ghz(view, device, numbers, words) else frozenset[int]()
    for row, channel in rows(view.channel, numbers):
        if (band := _band(view, row, int(channel), words)) is not None:
            condition = (
                NOT_SHOWN if channel in unsure else _judge_row(view, row, numbers, words, wanted, all_shown=all_shown)
            )
            if condition == UP and band in declared:
                condition = _as_sent(declared[band], _sending(view, declared[band], row, numbers))
            found[band].append(condition)
    whole = view.channel.oid not in cut and (view.band is None or view.band.oid not in cut)
    nothing = SHUT if whole and view.silent is not None and any(rows(view.silent, numbers)) else NOT_SHOWN
    return {band: min(conditions, key=_best_first, default=nothing) for band, conditions in found.items()}


def _for_everybody(city: City, device: Device) -> frozenset[str]:
    """The names of the networks for everybody that the device should send."""
    carried = device.ssids if isinstance(device, AccessPoint) else ()
    return frozenset(bare(ssid.name) for ssid in city.ssids if ssid.id in carried and ssid.security in FOR_EVERYBODY)


def _named(view: RadioView, words: Mapping[str, str]) -> bool:
    """Whether the device calls bands by the MIB's own names."""
    return view.band is not None and any(rows(view.band, words))


def _band(view: RadioView, row: str, channel: int, words: Mapping[str, str]) -> Band | None:
    """By the MIB's own name where the device gives any; else by channel."""
    if view.band is not None and _named(view, words):
        return dict(view.bands).get(bare(words.get(view.band.key(row), "")).lower())
    return next((band for band, channels in _CHANNELS.items() if channel in channels), None)


def _may_be_6_ghz(view: RadioView, device: Device, numbers: Mapping[str, float], words: Mapping[str, str]) -> bool:
    """Whether a row whose channel 6 GHz has too may be a radio there: the device names no bands, and may have more
    radios than those of its platform."""
    radios = len(list(rows(view.channel, numbers)))
    only = view.band is None and radios <= len(platform(device.platform).hardware.radios)
    return not only and not _named(view, words)


def _state(view: RadioView, row: str, numbers: Mapping[str, float], words: Mapping[str, str]) -> float:
    """Of the row's interface. Where interfaces have no names it may be any: then what all of them are."""
    if view.name is None:
        return numbers.get(view.state.key(row), CANNOT_TELL)
    columns = (view.name, view.name.instead) if view.name.instead is not None else (view.name,)
    called = [(index, bare(name)) for column in columns for index, name in rows(column, words)]
    wanted = view.interface.format(int(row) - 1)
    indexes = {index for index, name in called if name == wanted} if called else dict(rows(view.state, numbers)).keys()
    states = {numbers.get(view.state.key(index), CANNOT_TELL) for index in indexes}
    return states.pop() if len(states) == 1 else CANNOT_TELL


def _channel(channel: int) -> int:
    """Of a channel that the device tells by its centre frequency in MHz (IEEE 802.11-2020, annex E)."""
    if channel < _LEAST_MHZ:
        return channel
    return (channel - (_5_GHZ_MHZ if channel > _5_GHZ_MHZ else _2_4_GHZ_MHZ)) // 5


def _best_first(condition: Condition) -> int:
    return (State.UP, State.UNKNOWN, State.DOWN).index(condition[0])


def _judge_row(  # noqa: PLR0913 - what is shown, of what, and what is wanted
    view: RadioView,
    row: str,
    numbers: Mapping[str, float],
    words: Mapping[str, str],
    wanted: Collection[str],
    *,
    all_shown: bool,
) -> Condition:
    """`all_shown`: the names of networks were read to their end. One without a name may be any, also the wanted one."""
    state = _state(view, row, numbers, words)
    if state != OPERATES:
        return SHUT if state in SILENT else NOT_SHOWN
    sent = set(_sent(view, row, words))
    if not wanted or not sent.isdisjoint(wanted):
        return UP
    return NOT_FOR_EVERYBODY if sent and all(sent) and all_shown else NO_NETWORK_SHOWN


def _sending(view: RadioView, declared: Radio, row: str, numbers: Mapping[str, float]) -> Sending:
    """A channel that the band does not have (0 of a radio that seeks one) is not told."""
    power = None if view.power is None else numbers.get(view.power.key(row))
    channel = _channel(int(numbers[view.channel.key(row)]))
    return Sending(
        channel=channel if channel in _CHANNELS[declared.band] else declared.channel,
        eirp_dbm=None if power is None else view.eirp_dbm(declared.band, power),
    )


def _as_sent(declared: Radio, seen: Sending) -> Condition:
    """It is up; where it sends otherwise than declared, how."""
    return UP if seen.is_as_declared(declared) else (State.UP, str(seen))


def _sent(view: RadioView, row: str, words: Mapping[str, str]) -> Iterable[str]:
    return (bare(name) for of, name in rows(view.ssid, words) if of == row or view.ssid.label != view.channel.label)
