"""One contract for both engines, against the emulated devices and a real snmpd alike."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from city.inventory import Endpoint, SnmpV3
from city.secrets import SecretRef
from monitoring.answers import readings
from monitoring.look import question
from monitoring.snmp.client import (
    NoAnswer,
    NotHeard,
    Patience,
    Question,
    SnmpClient,
    Trouble,
    WrongCredentials,
    WrongKey,
    WrongPrivacyKey,
    WrongUser,
)
from monitoring.snmp.engine import Engine
from monitoring.snmp.pysnmp import PySnmp
from platforms.registry import profile
from tests.monitoring.engines import ENGINES, opened
from tests.street import Street

pytestmark = pytest.mark.fleet

PLATFORMS = ("street-ap", "mesh-ap", "edge-switch", "frr")
SYS_NAME = Question(scalars=("1.3.6.1.2.1.1.5",))
SHORT = Patience(timeout_s=0.3, retries=1)
PATIENT = Patience(timeout_s=3.0, retries=2)


@pytest_asyncio.fixture(params=ENGINES)
async def client(request: pytest.FixtureRequest) -> AsyncIterator[SnmpClient]:
    async with opened(request.param, PATIENT) as made:
        yield made


@pytest_asyncio.fixture
async def engine() -> AsyncIterator[Engine]:
    made = await Engine.open(PATIENT)
    yield made
    await made.close()


def endpoint(street: Street, platform: str) -> Endpoint:
    return street.inventory[street.of_platform(platform).id]


def v3_endpoint(street: Street) -> tuple[Endpoint, SnmpV3]:
    """A device that is asked over v3, and how."""
    for found in street.inventory.values():
        if isinstance(found.snmp, SnmpV3) and street.city.device(found.device).platform != "frr":
            return found, found.snmp
    raise AssertionError("the example city has no device of v3")


def secret(tmp_path: Path, text: str) -> SecretRef:
    file = tmp_path / text
    file.write_text(text)
    return SecretRef("file", str(file))


@pytest.mark.parametrize("name", ENGINES)
async def test_of_a_device_that_answers_each_question_slowly_the_rest_is_cut(street: Street, name: str) -> None:
    """It never is silent for long; read to its end it would hold up everything that is kept with it."""
    chosen = street.of_platform("edge-switch").id
    street.fault(chosen, latency_s=0.4)
    try:
        async with opened(name, Patience(timeout_s=3.0, retries=1, whole_s=0.2)) as client:
            found = await client.read(street.inventory[chosen], question(profile("edge-switch")))
        assert found.varbinds and {why for _, why in found.cut} == {"not read within 0.2 s"}
    finally:
        street.mend(chosen)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_everything_of_a_profile_is_read(street: Street, client: SnmpClient, platform: str) -> None:
    wanted = profile(platform)
    found = readings(wanted, (await client.read(endpoint(street, platform), question(wanted))).varbinds)
    assert found["sysUpTime"] >= 0
    assert any(key.startswith("ifOperStatus[") for key in found)
    assert any(key.startswith("ifHCInOctets[") for key in found)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_both_engines_read_the_same_things(street: Street, engine: Engine, platform: str) -> None:
    judge = PySnmp(PATIENT)
    try:
        asked = question(profile(platform))
        ours = (await engine.read(endpoint(street, platform), asked)).varbinds
        theirs = (await judge.read(endpoint(street, platform), asked)).varbinds
    finally:
        await judge.close()
    assert sorted(oid for oid, _ in ours) == sorted(oid for oid, _ in theirs)
    assert {oid: value.kind for oid, value in ours} == {oid: value.kind for oid, value in theirs}


async def test_v2c_and_v3_are_both_spoken(street: Street, client: SnmpClient) -> None:
    kinds = {type(found.snmp).__name__: found for found in street.inventory.values()}
    assert set(kinds) == {"SnmpV2c", "SnmpV3"}
    for found in kinds.values():
        [(oid, value)] = (await client.read(found, SYS_NAME)).varbinds
        assert oid == "1.3.6.1.2.1.1.5.0"
        assert value.content


async def test_silence_is_told_as_silence(street: Street, engine: Engine) -> None:
    found, _ = v3_endpoint(street)
    street.fault(found.device, off=True)
    hasty = await Engine.open(SHORT)
    try:
        with pytest.raises(NoAnswer):
            await hasty.read(found, SYS_NAME)
    finally:
        await hasty.close()
    street.mend(found.device)
    assert await engine.read(found, SYS_NAME)


async def test_wrong_credentials_are_told_apart(street: Street, engine: Engine, tmp_path: Path) -> None:
    found, access = v3_endpoint(street)
    wrong = secret(tmp_path, "not-the-password")
    for changed, trouble in (
        (replace(access, user="stranger"), WrongUser),
        (replace(access, auth=wrong), WrongKey),
        (replace(access, priv=wrong), WrongPrivacyKey),
    ):
        one = await Engine.open(PATIENT)
        with pytest.raises(trouble):
            await one.read(replace(found, snmp=changed), SYS_NAME)
        await one.close()
    assert issubclass(WrongKey, WrongCredentials)
    assert await engine.read(found, SYS_NAME), "the device itself is well"


async def test_a_device_with_other_credentials_is_there_and_refuses(street: Street, client: SnmpClient) -> None:
    found, _ = v3_endpoint(street)
    street.fault(found.device, wrong_credentials=True)
    with pytest.raises(WrongKey):
        await client.read(found, SYS_NAME)


@pytest.mark.parametrize(
    ("wrong_auth", "trouble"),
    [
        pytest.param(True, WrongKey, id="it reports a wrong digest"),
        pytest.param(False, NotHeard, id="it drops what it cannot decrypt without a word"),
    ],
)
async def test_wrong_credentials_of_a_real_snmpd(
    street: Street,
    tmp_path: Path,
    wrong_auth: bool,  # noqa: FBT001 - a table's column
    trouble: type[Trouble],
) -> None:
    found = endpoint(street, "frr")
    assert isinstance(found.snmp, SnmpV3)
    wrong = secret(tmp_path, "not-the-password")
    access = replace(found.snmp, auth=wrong) if wrong_auth else replace(found.snmp, priv=wrong)
    one = await Engine.open(Patience(timeout_s=1, retries=1))
    with pytest.raises(trouble):
        await one.read(replace(found, snmp=access), SYS_NAME)
    await one.close()


async def test_a_reboot_between_two_reads_is_followed(street: Street, engine: Engine) -> None:
    found, _ = v3_endpoint(street)
    await engine.read(found, SYS_NAME)
    street.fault(found.device, off=True)
    street.mend(found.device)
    answers = await engine.read(found, Question(scalars=("1.3.6.1.2.1.1.3",)))
    up_time = readings(profile("street-ap"), answers.varbinds)
    assert up_time["sysUpTime"] < 100 * 3600


async def test_one_dead_device_delays_no_other(street: Street) -> None:
    devices = list(street.inventory.values())
    dead, _ = v3_endpoint(street)
    street.fault(dead.device, off=True)
    few = await Engine.open(PATIENT, in_flight=4)
    answers = await asyncio.gather(*(few.read(one, SYS_NAME) for one in devices), return_exceptions=True)
    await few.close()
    silent = [one.device for one, answer in zip(devices, answers, strict=True) if isinstance(answer, NoAnswer)]
    behind = {ap.id for ap in street.city.access_points if ap.switch == dead.device}
    assert dead.device in silent
    assert set(silent) <= {dead.device} | behind


async def test_answers_that_nobody_waits_for_are_dropped_and_counted(street: Street, engine: Engine) -> None:
    found, _ = v3_endpoint(street)
    await engine.read(found, SYS_NAME)
    before = engine.dropped
    engine._mailbox.datagram_received(b"\x30\x03\x02\x01\x03", (str(found.address), found.snmp_port))
    engine._mailbox.datagram_received(b"noise", ("127.0.0.1", 9))
    assert engine.dropped == before + 2
