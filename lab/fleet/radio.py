"""What the radio of a box can be told in Europe, whoever made the box."""

from city.model.wireless import Band

CHANNELS = {
    Band.GHZ_2_4: tuple(range(1, 14)),
    Band.GHZ_5: (*range(36, 65, 4), *range(100, 141, 4)),
}
"""20 MHz channels of the regulatory domain (ETSI EN 300 328, EN 301 893), indoors and outdoors: a box does not know
where it hangs."""

MOST_DBM = {Band.GHZ_2_4: 20.0, Band.GHZ_5: 30.0}
"""The most EIRP that a box lets itself be told."""


def can_send(band: Band, channel: int, eirp_dbm: float) -> bool:
    return channel in CHANNELS[band] and 0 <= eirp_dbm <= MOST_DBM[band]
