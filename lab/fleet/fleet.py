"""All devices together: the present state of each, and what one does to another.

The states are pure; this is the one place where they are replaced. Whoever serves devices to the
outside is told when one begins or ceases to answer.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from lab.fleet.box import Hardware
from lab.fleet.facts import Facts
from lab.fleet.faults import Faults
from lab.fleet.registry import family
from lab.fleet.state import DeviceState, Meter, boot, fail, link, meter, tick

Now = Callable[[], float]
Write = Callable[[Iterable[DeviceState]], None]
Watch = Callable[[str], None]


def new(hardware: Hardware, now: float) -> DeviceState:
    """A device out of the box, running since `now`."""
    factory = family(hardware.platform).dialect.factory(hardware)
    return DeviceState(
        hardware=hardware,
        running=factory,
        startup=factory,
        booted_at=now,
        meters=tuple(Meter() for _ in range(hardware.meters)),
    )


def facts_of(state: DeviceState) -> Facts:
    return family(state.hardware.platform).dialect.facts(state.running, state.hardware)


def carrying(state: DeviceState, facts: Facts) -> set[int]:
    """The numbers of the meters that run."""
    if state.hardware.bands:
        return {radio.index for radio in facts.radios if radio.on_air}
    return {port.number - 1 for port in facts.ports if port.enabled and port.number in state.linked}


class Fleet:
    """`write` keeps states at once; what changed without being saved waits until `flush`.

    `taken` counts the configuration lines that each device took since this process began; `inside`, by device, radio
    and number of a network on it, the stations that a RADIUS server let in (lab.fleet.joining).
    """

    def __init__(
        self,
        hardware: Iterable[Hardware],
        kept: Mapping[str, DeviceState],
        write: Write,
        now: Now = time.time,
    ) -> None:
        self.now = now
        self._write = write
        start = now()
        self._states = {device.id: kept.get(device.id) or new(device, start) for device in hardware}
        self._unkept: set[str] = set(self._states)
        self._timed = {device_id for device_id, state in self._states.items() if state.revert is not None}
        self._facts: dict[str, Facts] = {}
        self.taken: Counter[str] = Counter()
        self.inside: defaultdict[str, dict[tuple[int, int], int]] = defaultdict(dict)
        self._watchers: list[Watch] = []
        for device_id in self._states:
            self._relink(device_id)
        for device_id in self._states:
            self._remeter(device_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._states)

    def watch(self, watcher: Watch) -> None:
        """`watcher` hears the id of each device whose power or path may have changed."""
        self._watchers.append(watcher)

    def state(self, device_id: str) -> DeviceState:
        """The state now. Raises KeyError for a device that the fleet does not serve."""
        state = self._states[device_id]
        ticked = tick(state, self.now())
        if ticked is not state:
            self.put(ticked)
        return self._states[device_id]

    def facts(self, device_id: str) -> Facts:
        state = self.state(device_id)
        if device_id not in self._facts:
            self._facts[device_id] = facts_of(state)
        return self._facts[device_id]

    def reachable(self, device_id: str) -> bool:
        """Whether it answers, and everything between it and us does."""
        state, now = self.state(device_id), self.now()
        if not state.answers(now):
            return False
        upstream = self._states.get(state.hardware.upstream)
        if upstream is None:
            return True
        ports = {port.number for port in self.facts(upstream.hardware.id).ports if not port.enabled}
        return upstream.answers(now) and state.hardware.upstream_port not in ports

    def settled(self, device_id: str) -> bool:
        """Whether its reachability changes only if somebody does something: neither it nor its switch boots."""
        state, now = self._states[device_id], self.now()
        upstream = self._states.get(state.hardware.upstream)
        return now >= state.booted_at and (upstream is None or now >= upstream.booted_at)

    def tick(self) -> None:
        """Do what timers would have done."""
        for device_id in list(self._timed):
            self.state(device_id)

    def put(self, state: DeviceState) -> None:
        device_id = state.hardware.id
        before = self._states[device_id]
        if state == before:
            return
        self._states[device_id] = state
        self._unkept.add(device_id)
        (self._timed.discard if state.revert is None else self._timed.add)(device_id)
        if state.running != before.running:
            self._facts.pop(device_id, None)
        self._consequences(before, state)
        if state.startup != before.startup or state.boots != before.boots:
            self.flush([device_id])

    def boot(self, device_id: str) -> None:
        self.put(boot(self.state(device_id), self.now()))

    def fail(self, device_id: str, faults: Faults) -> None:
        self.put(fail(self.state(device_id), faults, self.now()))

    def flush(self, device_ids: Iterable[str] | None = None) -> None:
        """Keep what changed: of these devices, or of all."""
        chosen = self._unkept & set(self._states if device_ids is None else device_ids)
        if chosen:
            self._write([self._states[device_id] for device_id in sorted(chosen)])
            self._unkept -= chosen

    def _consequences(self, before: DeviceState, state: DeviceState) -> None:
        """Power reaches the neighbours' ports; power, configuration and links decide what carries traffic."""
        device_id = state.hardware.id
        powered = before.faults.off != state.faults.off or before.booted_at != state.booted_at
        if powered and state.hardware.upstream in self._states:
            self._relink(state.hardware.upstream)
        if state.running != before.running or state.linked != before.linked or powered:
            self._remeter(device_id)
        if powered or (state.hardware.neighbours and state.running != before.running):
            for changed in (device_id, *(neighbour for _, neighbour in state.hardware.neighbours)):
                for watcher in self._watchers:
                    watcher(changed)

    def _relink(self, switch_id: str) -> None:
        switch = self._states[switch_id]
        powered = [
            port
            for port, neighbour in switch.hardware.neighbours
            if (there := self._states.get(neighbour)) is None or not there.faults.off
        ]
        self.put(link(switch, powered))

    def _remeter(self, device_id: str) -> None:
        state = self._states[device_id]
        running = set() if state.faults.off else carrying(state, self.facts(device_id))
        self.put(meter(state, running, self.now()))
