"""One contract, the same assertions: the fleet's emulated devices and a real FRR, over real SSH."""

import time
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from city.errors import InvalidInput
from city.secrets import SecretRef
from network.reading import read
from network.transports.base import (
    CredentialsRefused,
    Deadline,
    HostKeyChanged,
    Rejected,
    Session,
    SessionLost,
    Unreachable,
)
from network.transports.netmiko import NetmikoTransport
from platforms.grammar.configuration import TOP
from platforms.registry import grammar
from tests.street import Street

pytestmark = pytest.mark.fleet

EVERY_PLATFORM = pytest.mark.parametrize("name", ["edge-switch", "frr", "mesh-ap", "street-ap"])
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJQ1s1yQ0Vf4ov3bXx6NC0d1TUVw6j4mEoa3bUf2f3ZL"
PATIENCE_S = 30.0


def open_session(street: Street, name: str) -> Session:
    device = street.of_platform(name)
    return NetmikoTransport().open(street.inventory[device.id], grammar(name), Deadline.after(PATIENCE_S))


@EVERY_PLATFORM
def test_a_session_shows_a_configuration_that_is_read_back_to_itself(street: Street, name: str) -> None:
    device = street.of_platform(name)
    with open_session(street, name) as session:
        seen = read(session, device.id, grammar(name))
    assert grammar(name).parse(grammar(name).render(seen.running)) == seen.running
    assert any(seen.running.sections.values())


@EVERY_PLATFORM
def test_each_command_gets_its_own_answer(street: Street, name: str) -> None:
    show = grammar(name).show_running
    with open_session(street, name) as session:
        first, second, third = session.run([show, show, show])
        (alone,) = session.run([show])
    assert first == second == third == alone
    assert grammar(name).parse(first).digest


@EVERY_PLATFORM
def test_a_line_that_no_device_knows_is_rejected_by_name(street: Street, name: str) -> None:
    with open_session(street, name) as session, pytest.raises(Rejected, match="bogus") as told:
        session.run(["bogus words"])
    assert street.of_platform(name).id in told.value.thing


@EVERY_PLATFORM
def test_a_session_lives_on_after_a_rejection(street: Street, name: str) -> None:
    with open_session(street, name) as session:
        with pytest.raises(Rejected):
            session.run(["bogus words"])
        assert session.run([grammar(name).show_running])[0]


@EVERY_PLATFORM
def test_another_host_key_is_refused_before_the_password_goes_out(street: Street, name: str) -> None:
    device = street.of_platform(name)
    endpoint = replace(street.inventory[device.id], host_key=OTHER_KEY)
    with pytest.raises(HostKeyChanged, match=f"device {device.id}.*inventory"):
        NetmikoTransport().open(endpoint, grammar(name), Deadline.after(PATIENCE_S))


@EVERY_PLATFORM
def test_a_wrong_password_is_told_apart_from_silence(street: Street, name: str, tmp_path: Path) -> None:
    device = street.of_platform(name)
    (tmp_path / "password").write_text("opensesame\n", encoding="utf-8")
    endpoint = replace(street.inventory[device.id], password=SecretRef("file", str(tmp_path / "password")))
    with pytest.raises(CredentialsRefused, match=device.id) as told:
        NetmikoTransport().open(endpoint, grammar(name), Deadline.after(PATIENCE_S))
    assert "opensesame" not in str(told.value)


@EVERY_PLATFORM
def test_where_nobody_listens_is_said_at_once(street: Street, name: str) -> None:
    endpoint = replace(street.inventory[street.of_platform(name).id], ssh_port=2)
    deadline = Deadline.after(PATIENCE_S)
    with pytest.raises(Unreachable, match="connection refused"):
        NetmikoTransport().open(endpoint, grammar(name), deadline)
    assert deadline.left > PATIENCE_S / 2


@EVERY_PLATFORM
def test_a_session_that_was_left_is_closed(street: Street, name: str) -> None:
    with open_session(street, name) as session:
        pass
    with pytest.raises(SessionLost):
        session.run([grammar(name).show_running])


@EVERY_PLATFORM
def test_lines_are_applied_and_taken_back_as_the_model_says(street: Street, name: str) -> None:
    """The model of the device, against the device: after these lines it shows what the model shows."""
    kind, device = grammar(name), street.of_platform(name)
    line = {"frr": "log syslog errors", "mesh-ap": "uci set system.host.location='1.0,2.0'"}.get(
        name, "snmp-server location 1.0,2.0"
    )
    with open_session(street, name) as session:
        before = read(session, device.id, kind).running
        session.run(kind.arm([line], 120))
        session.run(kind.apply([line], 120))
        after = read(session, device.id, kind).running
        assert after == kind.after(before, [line])
        inverse = kind.remedy(kind.managed(after, before), kind.managed(before, before))
        session.run(kind.revert(inverse))
        assert read(session, device.id, kind).running == before
    assert before.lines(TOP) or name == "mesh-ap"


def test_a_device_that_falls_silent_costs_no_more_than_its_deadline(street: Street) -> None:
    device = street.of_platform("street-ap")
    street.fault(device.id, latency_s=20.0)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="fell silent") as told:
        NetmikoTransport().open(street.inventory[device.id], grammar("street-ap"), Deadline.after(4.0))
    assert not isinstance(told.value, CredentialsRefused), "nobody refused anything"
    assert time.monotonic() - began < 10, "each of connecting, greeting and login has what was left at the start"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Authentication failed.", CredentialsRefused),
        ("Authentication timeout.", Unreachable),
        ("Authentication failed: transport shut down or saw EOF", Unreachable),
    ],
)
def test_only_who_was_refused_is_told_to_look_at_the_password(
    street: Street, monkeypatch: pytest.MonkeyPatch, said: str, kind: type[Unreachable]
) -> None:
    """Paramiko's own words for three things that it calls by one name."""

    def fail(*_: object, **__: object) -> None:
        raise paramiko.AuthenticationException(said)

    monkeypatch.setattr(paramiko.SSHClient, "connect", fail)
    with pytest.raises(Unreachable) as told:
        open_session(street, "street-ap")
    assert type(told.value) is kind


def test_a_pinned_key_that_is_none_names_its_device(street: Street) -> None:
    endpoint = replace(street.inventory["ap-0001"], host_key="ssh-ed25519 AAAA")
    with pytest.raises(InvalidInput, match="ap-0001: its pinned host key is none"):
        NetmikoTransport().open(endpoint, grammar("street-ap"), Deadline.after(2.0))
