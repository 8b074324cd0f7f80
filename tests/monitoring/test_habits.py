"""What is remembered of a device between readings: how many questions it costs to read one that is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from monitoring.snmp import reading
from monitoring.snmp.client import Answers, Patience, Question
from monitoring.snmp.reading import Habits, Stopwatch
from monitoring.snmp.walk import Request, names
from snmp import pdu
from snmp.pdu import Kind, Pdu, PduKind, Value
from tests.monitoring.odd_agent import IN, OUT, STATUS, UPTIME, OddAgent, interfaces

FOUR = interfaces(4)
NARROW_IN, NARROW_OUT = "1.3.6.1.2.1.2.2.1.10", "1.3.6.1.2.1.2.2.1.16"
QUESTION = Question(scalars=(UPTIME,), columns=(STATUS, IN, OUT), instead=((IN, NARROW_IN), (OUT, NARROW_OUT)))
NO_WIDE = {oid: value for oid, value in FOUR.items() if not oid.startswith(IN.rpartition(".")[0])}
NARROW = NO_WIDE | {f"{column}.{n}": Value(Kind.COUNTER32, n) for column in (NARROW_IN, NARROW_OUT) for n in (1, 2)}


@dataclass
class Device:
    """A device that is read again and again, and what it was asked in each reading."""

    mib: Mapping[str, Value]
    habits: Habits = field(default_factory=Habits)
    asked: list[Request] = field(default_factory=list)

    async def __call__(self, times: int = 1) -> Answers:
        for _ in range(times):
            self.asked.clear()
            found = await reading.read(self.ask, QUESTION, self.habits, Patience(), Stopwatch(60))
            assert sorted(found.varbinds) == sorted(self.mib.items()) and not found.cut
        return found

    async def ask(self, request: Request, tries: int) -> Pdu:
        assert tries
        self.asked.append(request)
        once, rows = (len(request.once), request.rows) if request.kind is PduKind.GET_BULK else (0, 0)
        asked = Pdu(request.kind, 1, [(name, pdu.NULL) for name in names(request)], once, rows)
        return Pdu(PduKind.RESPONSE, 1, OddAgent(self.mib).bound(asked))


@pytest.mark.parametrize(
    ("mib", "first"),
    [
        pytest.param(FOUR, 1, id="it has every column"),
        pytest.param(NARROW, 2, id="it has the narrow forms of two"),
        pytest.param(NO_WIDE, 2, id="it has no form of two"),
    ],
)
async def test_a_device_that_is_known_is_read_whole_by_one_question(mib: Mapping[str, Value], first: int) -> None:
    device = Device(mib)
    await device()
    assert len(device.asked) == first
    await device(20)
    assert len(device.asked) == 1


async def test_a_column_that_a_device_comes_to_have_is_asked_for_again_after_a_while() -> None:
    device = Device(NARROW)
    await device(30)
    assert IN not in device.asked[0].repeated
    device.mib = FOUR
    for _ in range(62):
        await reading.read(device.ask, QUESTION, device.habits, Patience(), Stopwatch(60))
    await device()
    assert len(device.asked) == 1


async def test_a_device_without_any_row_is_asked_for_every_column_the_next_time() -> None:
    """It may just have started."""
    device = Device({f"{UPTIME}.0": FOUR[f"{UPTIME}.0"]})
    await device(3)
    assert device.asked[0].repeated == (STATUS, IN, OUT)
