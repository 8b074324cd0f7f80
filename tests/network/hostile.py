"""A device that listens for real, over SSH, and behaves as no lab's device would: what is odd about it are its Hooks.

Around it stands the lab's own dialect, so that a push to a device without hooks succeeds.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address

import asyncssh

from city.inventory import Endpoint, Inventory, SnmpV2c
from city.model.city import City
from city.secrets import SecretRef
from lab.fleet.dialects.dialect import START
from lab.fleet.dialects.dialect import Session as Where
from lab.fleet.fleet import new
from lab.fleet.hardware import fleet_hardware
from lab.fleet.registry import family
from lab.fleet.state import DeviceState, boot, tick

ADDRESS = "127.122.0.1"
PASSWORD = "lab"  # noqa: S105 - of a device that lives for one test
PASSWORD_VARIABLE = "HOSTILE_PASSWORD"  # noqa: S105 - where the inventory finds it
BUSY = b"(busy)"
"""In place of a chunk: the device waits, so that the next one comes in a packet of its own."""
ANSWERED = b"(answered)"
"""In place of a chunk: the device waits until something is typed, a line or not, and takes it."""
_APART_S = 0.05


@dataclass(kw_only=True)
class Hooks:
    """As they are, they change nothing."""

    password: str = PASSWORD
    greeting: Iterable[bytes] = (b"\r\n",)
    echo: Callable[[str, str], str] = lambda _prompt, line: f"{line}\r\n"
    answer: Callable[[str, str], str] = lambda _line, text: text
    """What is said in place of `text`, to a line that was taken all the same."""
    instead: Callable[[str], str | None] = lambda _line: None
    """What is said to a line that is not taken; None where it is."""
    sent: Callable[[str, bytes], Iterable[bytes]] = lambda _line, data: (data,)
    drops: Callable[[str], bool] = lambda _line: False
    """Whether the connection breaks after a line was taken, before anything is said to it."""
    admits: Callable[[], bool] = lambda: True
    """Whether it lets a connection go on."""


@dataclass
class Hostile:
    """`log` is every line that somebody typed."""

    state: DeviceState
    hooks: Hooks
    log: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    """To what it asked."""
    connections: int = 0
    open_connections: set[asyncssh.SSHServerConnection] = field(default_factory=set)

    def take(self, where: Where, line: str) -> tuple[Where, str]:
        self.log.append(line)
        said = self.hooks.instead(line)
        if said is not None:
            return where, said
        self.state = tick(self.state, time.time())
        answer = family(self.state.hardware.platform).dialect.answer(self.state, where, line, time.time())
        self.state = boot(answer.state, time.time()) if answer.reboots else answer.state
        return answer.session, self.hooks.answer(line, answer.text)

    def prompt(self, where: Where) -> str:
        return family(self.state.hardware.platform).dialect.prompt(self.state, where)

    def shown(self) -> str:
        self.state = tick(self.state, time.time())
        return family(self.state.hardware.platform).dialect.print(self.state.running, self.state.hardware)

    def saved(self) -> str:
        return family(self.state.hardware.platform).dialect.print(self.state.startup, self.state.hardware)


class _Server(asyncssh.SSHServer):
    def __init__(self, device: Hostile) -> None:
        self._device = device

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._device.connections += 1
        self._connection = conn
        self._device.open_connections.add(conn)
        if not self._device.hooks.admits():
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._device.open_connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        del username
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        del username
        return password == self._device.hooks.password


async def _lines(process: "asyncssh.SSHServerProcess[bytes]") -> AsyncIterator[str]:
    """What is typed, each line ended by a return, a line feed or both."""
    left = b""
    while data := await process.stdin.read(4096):
        *lines, left = (left + data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            yield line.decode(errors="surrogateescape")


async def _converse(device: Hostile, process: "asyncssh.SSHServerProcess[bytes]") -> None:
    async def say(chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            if chunk == BUSY:
                await asyncio.sleep(_APART_S)
            elif chunk == ANSWERED:
                device.typed.append((await process.stdin.read(16)).decode())
            else:
                if process.is_closing():
                    raise BrokenPipeError
                process.stdout.write(chunk)
                await process.stdout.drain()
                await asyncio.sleep(0)  # else a connection that is gone is never noticed

    with suppress(asyncssh.Error, ConnectionError, OSError):
        where = START
        await say(device.hooks.greeting)
        await say([device.prompt(where).encode()])
        async for typed in _lines(process):
            prompt = device.prompt(where)
            await say([device.hooks.echo(prompt, typed).encode()])
            where, text = device.take(where, typed)
            if device.hooks.drops(typed):
                process.channel.get_connection().abort()
                return
            data = (text.replace("\n", "\r\n") + "\r\n").encode(errors="surrogateescape") if text else b""
            await say(device.hooks.sent(typed, data))
            await say([device.prompt(where).encode()])


@contextmanager
def listening(city: City, device_id: str, hooks: Hooks | None = None) -> Iterator[tuple[Hostile, Inventory]]:
    """The device, and the inventory that says how it is reached; its password stands in PASSWORD_VARIABLE."""
    hardware = next(hardware for hardware in fleet_hardware(city) if hardware.id == device_id)
    device = Hostile(new(hardware, time.time() - 100), hooks or Hooks())
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    serving = threading.Thread(target=loop.run_forever, daemon=True)
    serving.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            ADDRESS,
            0,
            server_factory=lambda: _Server(device),
            server_host_keys=[key],
            process_factory=lambda process: _converse(device, process),
            encoding=None,
            line_editor=False,
            gss_host=None,
        )

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        yield device, {device_id: endpoint(device_id, acceptor.get_port(), key.export_public_key().decode())}
    finally:
        asyncio.run_coroutine_threadsafe(_close(acceptor, device), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        serving.join()
        loop.close()


def endpoint(device_id: str, port: int, host_key: str) -> Endpoint:
    password = SecretRef("env", PASSWORD_VARIABLE)
    return Endpoint(
        device=device_id,
        address=IPv4Address(ADDRESS),
        ssh_port=port,
        snmp_port=1,
        user="admin",
        password=password,
        host_key=" ".join(host_key.split()[:2]),
        snmp=SnmpV2c(community=password),
    )


async def _close(acceptor: asyncssh.SSHAcceptor, device: Hostile) -> None:
    acceptor.close()
    for connection in list(device.open_connections):
        connection.abort()
    await acceptor.wait_closed()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(_APART_S)
