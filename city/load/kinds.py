"""What a field's text may mean: one parser per kind of value, each saying what it expected."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from city.errors import InvalidInput
from city.load.defects import nearest
from city.load.encoding import decoded_twice
from city.load.letters import odd_character, unprintable
from city.model.services import ServiceHours
from city.secrets import SecretRef

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=StrEnum)
I = TypeVar("I", bound=IntEnum)  # noqa: E741 - beside T and E

_NUMBER = re.compile(r"([+-]?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,20})?)(?:\s*([^\s0-9.,]\S*))?")
_EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+.*")
_GROUP = re.compile(r"([+-]?[1-9][0-9]{0,2})[.,]([0-9]{3})(?:\s.*)?")
_OCTAL = re.compile(r"[+-]?0[0-9].*")
_CENTS = 2
_THOUSAND = 1000
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]{1,12},[0-9]{1,20}(?:\s*[^\s0-9.,]\S*)?")
_THOUSANDS = re.compile(r"([+-]?[1-9][0-9]*(?:[.,][0-9]{3})+)([.,][0-9]{1,2})?")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,11})")
_KEY_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ZONE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){2,8}")
_HOST_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_HARDWARE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9/._-]*(?: [0-9][0-9/.]*)?")
_SSID = re.compile(r"(?=.{1,32}\Z)[A-Za-z0-9._+-]+(?: +[A-Za-z0-9._+-]+)*")
_GRID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DATABASE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEY_TYPES = r"(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp256)"
_PUBLIC_KEY = re.compile(_KEY_TYPES + r" [A-Za-z0-9+/]{40,800}={0,2}(?: [\x21-\x7e]{1,80})?")
_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?(?:/[!-~]{0,400})?")
_DURATION = re.compile(r"([0-9]{1,6})\s*([a-z]+)")
_HOURS = re.compile(r"(?:([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))? )?([0-2][0-9]:[0-5][0-9])-([0-2][0-9]:[0-5][0-9])")
_UNITS_OF_TIME = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OF_THE_MACHINE = re.compile(r"localtime|posixrules|Factory|(?:right|posix)/.*")
"""Not of the IANA list: the machine's own zone, none at all, and the same zones counted with leap seconds."""
_LONGEST = 500
_PORT_MAX = 65535
_DEAREST = 1e12


class Unreadable(ValueError):  # noqa: N818 - reads as what the text is
    """A text that does not say what its field means."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True, slots=True)
class Kind(Generic[T_co]):
    """`parse` raises Unreadable; `blank` stands in for what could not be read until all is reported.

    `any_script`: letters beyond ASCII may stand in it, so that they are not what is wrong.
    """

    parse: Callable[[str], T_co]
    blank: T_co
    any_script: bool = False

    def read(self, text: str) -> T_co:
        """As `parse`; a character that looks like another, or like nothing, is named as what is wrong."""
        try:
            return self.parse(text)
        except Unreadable:
            if not self.any_script and (odd := odd_character(text)):
                raise Unreadable(odd, "Write it with Latin letters, plain digits and signs.") from None
            raise


def _text(text: str) -> str:
    if meant := decoded_twice(text):
        raise Unreadable(f"{text[:60]!r} was decoded twice", f"Write {meant[:60]!r}, and save the file as UTF-8.")
    if odd := unprintable(text):
        raise Unreadable(odd, "Write it again on one line, with ordinary blanks.")
    if len(text) > _LONGEST:
        raise Unreadable(f"it has {len(text)} characters", f"Write up to {_LONGEST}.")
    return text


def _matching(pattern: re.Pattern[str], expected: str, blank: str) -> Kind[str]:
    def parse(text: str) -> str:
        if not pattern.fullmatch(text):
            raise Unreadable(f"{text[:60]!r} is not {expected}", f"Write {expected}.")
        return text

    return Kind(parse, blank)


TEXT = Kind(_text, "-", any_script=True)
KEY_NAME = _matching(_KEY_NAME, "a name of lower-case letters, digits, hyphens and dots", "-")
SLUG = _matching(_SLUG, "lower-case letters, digits and hyphens, at most 63", "-")
DNS_ZONE = _matching(_ZONE, "a lower-case domain name that ends in a dot", "-.-.")
HOST_NAME = _matching(_HOST_NAME, "a letter, then lower-case letters, digits and hyphens, at most 63", "-")
"""Of a device: a command line takes no other for its hostname (RFC 952)."""
HARDWARE_NAME = _matching(_HARDWARE_NAME, "a name of hardware, as in `radio0` or `dot11radio 1`", "-")
SSID_NAME = _matching(_SSID, "an SSID of 1 to 32 ASCII letters, digits, . _ + - or blanks between them", "-")
"""Not at its ends: the keyboards of phones add one there, and command lines drop it."""
GRID_ID = _matching(_GRID_ID, "letters, digits, dots, hyphens and underscores, at most 64", "-")
DATABASE_NAME = _matching(_DATABASE_NAME, "a letter, then lower-case letters, digits and underscores, at most 63", "-")
"""Of PostgreSQL, that needs no quotes (NAMEDATALEN is 64)."""
SHA256 = _matching(_SHA256, "a SHA-256 digest of 64 hexadecimal digits", "-")
WEB_ADDRESS = _matching(_WEB_ADDRESS, "an address, as in `https://HOST/PATH`", "-")
PUBLIC_KEY = _matching(_PUBLIC_KEY, "an OpenSSH public key", "-")


def _number(text: str, unit: str, *, unit_needed: bool) -> float:
    match = _NUMBER.fullmatch(text)
    if match is None or (match[2] or "") != (unit if unit_needed else ""):
        raise _no_number(text, unit, unit_needed=unit_needed)
    return float(match[1]) + 0.0  # no negative zero


def _no_number(text: str, unit: str, *, unit_needed: bool) -> Unreadable:
    """What is wrong with a text that is not a number of `unit`."""
    example = f"Write a number{f' of {unit}' if unit else ''}" + (f", as in `10 {unit}`." if unit_needed else ".")
    if _EXPONENT.fullmatch(text):
        return Unreadable(f"{text[:60]!r} is written with an exponent", "Write all of its digits.")
    if _OCTAL.fullmatch(text):
        return _octal(text)
    if _DECIMAL_COMMA.fullmatch(text):
        return Unreadable(f"{text[:60]!r} has a decimal comma, or the wrong unit", f"Write {text.replace(',', '.')}.")
    if _NUMBER.fullmatch(text) is None:
        return Unreadable(f"{text[:60]!r} is not a number", example)
    expected = f"expected {unit}" if unit else "expected a plain number"
    return Unreadable(f"{text[:60]!r} has the wrong unit, {expected}", example)


def _octal(text: str) -> Unreadable:
    return Unreadable(f"{text[:60]!r} begins with 0, which some read as octal", "Write it without the 0.")


def _require_one_reading(text: str, low: float, high: float) -> None:
    """A point or comma may part thousands as well as decimals: nobody knows which where both would be in range."""
    group = _GROUP.fullmatch(text) if high >= _THOUSAND else None
    if group and low <= float(f"{group[1]}.{group[2]}") and float(group[1] + group[2]) <= high:
        remedy = f"Write {group[1]}{group[2]} or {group[1]}.{group[2]}0."
        raise Unreadable(f"{text[:60]!r} can be read as two numbers", remedy)


def _within(value: float, low: float, high: float, unit: str) -> float:
    if not low <= value <= high:
        wanted = f"{low:g} to {high:g}{' ' * bool(unit)}{unit}"
        raise Unreadable(f"{value:g} is out of range", f"Write {wanted}.")
    return value


def number(low: float, high: float, unit: str = "") -> Kind[float]:
    """A plain number whose unit the column's name gives, or that has none."""

    def parse(text: str) -> float:
        _require_one_reading(text, low, high)
        return _within(_number(text, unit, unit_needed=False), low, high, unit)

    return Kind(parse, low)


def quantity(low: float, high: float, unit: str) -> Kind[float]:
    """A number with its unit behind it: `-67 dBm`."""

    def parse(text: str) -> float:
        _require_one_reading(text, low, high)
        return _within(_number(text, unit, unit_needed=True), low, high, unit)

    return Kind(parse, low)


def whole_quantity(low: int, high: int, unit: str) -> Kind[int]:
    """A whole number with its unit behind it: `512 MB`."""

    def parse(text: str) -> int:
        value = _within(_number(text, unit, unit_needed=True), low, high, unit)
        if value != int(value):
            raise Unreadable(f"{text!r} is not whole", f"Write whole {unit}.")
        return int(value)

    return Kind(parse, low)


def whole(low: int, high: int) -> Kind[int]:
    def parse(text: str) -> int:
        if not _WHOLE.fullmatch(text):
            wanted = Unreadable(f"{text[:60]!r} is not a whole number", f"Write {low} to {high}, without a unit.")
            raise _octal(text) if _OCTAL.fullmatch(text) else wanted
        return int(_within(int(text), low, high, ""))

    return Kind(parse, low)


def whole_number(low: int, high: int, unit: str) -> Kind[float]:
    """A plain number whose unit the column's name gives, without a fraction."""

    def parse(text: str) -> float:
        value = _within(_number(text, unit, unit_needed=False), low, high, unit)
        if value != int(value):
            raise Unreadable(f"{text[:60]!r} is not whole", f"Write whole {unit}, {low} to {high}.")
        return value

    return Kind(parse, low)


PORT = whole(1, _PORT_MAX)


def _money(text: str) -> Decimal:
    """A credit or a refund is negative, as in bills of FOCUS."""
    grouped = _THOUSANDS.fullmatch(text)
    if grouped is not None:
        whole_part, cents = re.sub(r"[.,]", "", grouped[1]), (grouped[2] or ".00").replace(",", ".")
        remedy = f"Write {whole_part}{cents} where thousands are meant, else two decimals at most."
        raise Unreadable(f"{text[:60]!r} can be read as two amounts", remedy)
    _within(_number(text, "", unit_needed=False), -_DEAREST, _DEAREST, "")
    if len(text.partition(".")[2]) > _CENTS:
        raise Unreadable(f"{text[:60]!r} has more than two decimals", "Round it to cents.")
    return Decimal(text) + 0  # no negative zero


MONEY = Kind(_money, Decimal(0))


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None or match[2] not in _UNITS_OF_TIME:
        raise Unreadable(f"{text[:60]!r} is not a duration", "Write whole s, m, h or d, as in `15m` or `4h`.")
    return timedelta(seconds=int(match[1]) * _UNITS_OF_TIME[match[2]])


DURATION = Kind(_duration, timedelta())


def _hours(text: str) -> ServiceHours:
    match = _HOURS.fullmatch("Mon-Sun 00:00-24:00" if text == "always" else text)
    remedy = "Write `always` or days and times, as in `Mon-Fri 07:00-15:30`; `22:00-06:00` ends on the next day."
    if match is None or not {match[1] or "Mon", match[2] or "Mon"} <= set(_DAYS):
        raise Unreadable(f"{text[:60]!r} are not service hours", remedy)
    first = _DAYS.index(match[1]) if match[1] else 0
    last = _DAYS.index(match[2]) if match[2] else (first if match[1] else len(_DAYS) - 1)
    start, end = match[3], match[4]
    if first > last:
        raise Unreadable(f"{text[:60]!r}: the days end before they begin", remedy)
    if start > "23:59" or end > "24:00":
        raise Unreadable(f"{text[:60]!r}: a day has no such time", remedy)
    if start == end:
        raise Unreadable(f"{text[:60]!r}: the hours end when they begin", f"{remedy} A whole day is `00:00-24:00`.")
    return ServiceHours(days=tuple(range(first, last + 1)), start=time.fromisoformat(start), end=_end_of_day(end))


def _end_of_day(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)


HOURS = Kind(_hours, ServiceHours(days=(), start=time(0), end=time(0)))


def _standard(build: Callable[[str], T], expected: str) -> Callable[[str], T]:
    def parse(text: str) -> T:
        try:
            return build(text)
        except (ValueError, KeyError, OSError) as error:
            raise Unreadable(f"{text[:60]!r} is not {expected}", f"Write {expected}.") from error

    return parse


def _host(text: str) -> IPv4Address:
    address = IPv4Address(text)
    if address.is_unspecified or address.is_multicast or address.is_reserved:
        raise ValueError(text)
    return address


def _day(text: str) -> date:
    """In the one form in which year, month and day cannot be taken for each other."""
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _zone(text: str) -> ZoneInfo:
    if _OF_THE_MACHINE.fullmatch(text):
        raise ValueError(text)
    return ZoneInfo(text)


ADDRESS = Kind(_standard(_host, "an IPv4 address of one host, as in `10.0.3.10`"), IPv4Address(0))
CIDR = Kind(_standard(IPv4Network, "an IPv4 network, as in `10.0.3.0/24`"), IPv4Network(0))
DATE = Kind(_standard(_day, "a date, as in `2030-12-31`"), date.min)
TIME_ZONE = Kind(_standard(_zone, "a time zone of the IANA list, as in `Europe/Athens`"), ZoneInfo("UTC"))


def _secret_ref(text: str) -> SecretRef:
    """What is no reference may be the secret itself: it is never repeated."""
    try:
        return SecretRef.parse(text)
    except InvalidInput as error:
        raise Unreadable("it does not say where the secret is kept", error.remedy) from None


SECRET_REF = Kind(_secret_ref, SecretRef("env", "-"), any_script=True)


def choice(values: type[E]) -> Kind[E]:
    """One of an enumeration's words."""
    members = {member.value: member for member in values}

    def parse(text: str) -> E:
        if text not in members:
            raise Unreadable(f"{text[:60]!r} is not known here", nearest(text, members))
        return members[text]

    return Kind(parse, next(iter(values)))


def one_of(*words: str) -> Kind[str]:
    def parse(text: str) -> str:
        if text not in words:
            raise Unreadable(f"{text[:60]!r} is not known here", nearest(text, words))
        return text

    return Kind(parse, words[0])


def level(values: type[I]) -> Kind[I]:
    """One of an enumeration's whole numbers."""
    lowest, highest = min(values), max(values)
    read = whole(lowest, highest)
    return Kind(lambda text: values(read.parse(text)), lowest)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise Unreadable(f"{text[:60]!r} is neither true nor false", "Write true or false.")
    return text == "true"


TRUTH = Kind(_truth, blank=False)
