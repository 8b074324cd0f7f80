"""One look at one device: what it shows, or why it shows nothing, as an observation of it and of its radios.

up       the device answered
down     it did not, after every retry
unknown  we could not ask: our credentials were refused, its answers made no sense, it has no address
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from city.clock import Clock
from city.errors import AstyError
from city.inventory import Inventory
from city.model.city import City, Device
from city.model.wireless import Band
from monitoring import radios
from monitoring.answers import sorted_out, words
from monitoring.ledger.intervals import Observation, State
from monitoring.radio_condition import Condition
from monitoring.snmp.client import Answers, NoAnswer, Question, SnmpClient, Trouble
from platforms.profile import Profile
from platforms.registry import profile

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One subject, once: what the ledger keeps of it and of its radios, and the numbers for the series."""

    observation: Observation
    radios: tuple[Observation, ...] = ()
    readings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceProbe:
    """Looks at devices through `client`; a look speaks for `reach`."""

    city: City
    inventory: Inventory
    client: SnmpClient
    clock: Clock
    reach: timedelta

    async def look(self, device: Device) -> Look:
        """Never raises: whatever comes of it is an observation."""
        endpoint = self.inventory.get(device.id)
        if endpoint is None:
            return self._seen(device, State.UNKNOWN, "no address is known")
        try:
            wanted = profile(device.platform)
            answers = await self.client.read(endpoint, question(wanted))
            numbers, impossible = sorted_out(wanted, answers.varbinds)
            cut = {column for column, _ in answers.cut}
            shown = radios.judge(self.city, device, numbers, words(wanted, answers.varbinds), cut)
        except NoAnswer as silence:
            return self._seen(device, State.DOWN, str(silence))
        except Trouble as trouble:
            return self._seen(device, State.UNKNOWN, str(trouble))
        except (OSError, AstyError) as ours:
            return self._seen(device, State.UNKNOWN, f"could not be asked: {ours}")
        except Exception as mistake:  # noqa: BLE001 - our mistake with one device must not blind us to the others
            _LOG.error("%s: our own mistake", device.id, exc_info=mistake)
            return self._seen(device, State.UNKNOWN, f"could not be understood: {type(mistake).__name__}")
        left_out = answers.left_out + impossible
        look = self._seen(device, State.UP, numbers=numbers, shown=shown)
        return replace(look, observation=replace(look.observation, evidence=evidence(numbers, answers, left_out)))

    def _seen(
        self,
        device: Device,
        state: State,
        cause: str = "",
        *,
        numbers: Mapping[str, float] | None = None,
        shown: Mapping[Band, Condition] | None = None,
    ) -> Look:
        found = numbers or {}
        seen = Observation(
            subject=f"device:{device.id}",
            at=self.clock.now(),
            state=state,
            reach=self.reach,
            cause=cause,
        )
        return Look(observation=seen, radios=radios.observations(device, seen, shown or {}), readings=found)


def evidence(numbers: Mapping[str, float], answers: Answers, left_out: int) -> str:
    """What a look at a device that is up rests on: `sysUpTime 42 s; answered from 10.0.0.9; 1 value left out`."""
    parts = (
        f"sysUpTime {numbers['sysUpTime'] / 100:.0f} s" if "sysUpTime" in numbers else "",
        f"answered from {answers.source}" if answers.source else "",
        f"{left_out} values left out" if left_out else "",
        *(f"{column} is cut: {why}" for column, why in answers.cut),
    )
    return "; ".join(filter(None, parts))


def question(wanted: Profile) -> Question:
    """What a profile asks, in the form that an engine reads by GETBULK."""
    return Question(
        scalars=tuple(scalar.oid.removesuffix(".0") for scalar in wanted.scalars),
        columns=tuple(column.oid for column in wanted.tables),
        instead=tuple((column.oid, column.instead.oid) for column in wanted.tables if column.instead is not None),
    )
