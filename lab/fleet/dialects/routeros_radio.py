"""What a radio of a RouterOS box sends, by what its interfaces are set to."""

from collections.abc import Mapping

from city.model.wireless import Band, frequency_ghz
from lab.fleet.config import Config
from lab.fleet.dialects.routeros_menus import CONSOLE, RADIOS, WLAN
from lab.fleet.facts import RadioFacts
from lab.fleet.radio import CHANNELS, MOST_DBM, can_send

BANDS = (Band.GHZ_2_4, Band.GHZ_5)
_GAIN_DBI = 2
"""Of the antennas that are built in (data sheet of the wAP ac): `tx-power` is what the radio puts into them."""
_ACCESS_POINT = ("ap-bridge", "bridge")
"""Modes of a radio's own interface; a virtual one is always an access point."""


def radio_facts(config: Config, index: int) -> RadioFacts:
    band, wireless = BANDS[index], CONSOLE.items(config, WLAN)
    mine = next(item for item in wireless if item.get("default-name") == RADIOS[index])
    virtual = [item for item in wireless if item.get("master-interface") == mine["name"]]
    channel, power = _channel(mine, band), _power_dbm(mine, band)
    sending = [item for item in (mine, *virtual) if item.get("disabled") == "no"]
    return RadioFacts(
        index=index,
        channel=channel,
        eirp_dbm=power,
        enabled=mine.get("disabled") == "no" and can_send(band, channel, power),
        ssids=tuple(
            item.get("ssid", "MikroTik") for item in sending if item is not mine or mine.get("mode") in _ACCESS_POINT
        ),
    )


def _channel(item: Mapping[str, str], band: Band) -> int:
    """0 for a frequency at which no channel lies."""
    channels: dict[int, int] = {round(frequency_ghz(band, channel) * 1000): channel for channel in CHANNELS[band]}
    frequency = item.get("frequency", "auto")
    return CHANNELS[band][0] if frequency == "auto" else channels.get(int(frequency), 0)


def _power_dbm(item: Mapping[str, str], band: Band) -> float:
    """EIRP; as much as it may in the mode `default`."""
    if item.get("tx-power-mode", "default") == "default":
        return MOST_DBM[band]
    return float(item.get("tx-power", MOST_DBM[band] - _GAIN_DBI)) + _GAIN_DBI
