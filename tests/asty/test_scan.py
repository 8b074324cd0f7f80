"""`asty scan`, with spots that answer as the test says."""

import json
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from asty import lab_access, scanning
from asty.__main__ import main
from asty.scanning import Ground
from city.errors import Failed
from city.outcome import Outcome, Status
from infra.hosts.scan import Target, Way

EXAMPLE = Path(__file__).parents[2] / "cities" / "example"
WEB = Way(protocol="tcp", port=443, source=IPv4Network("0.0.0.0/0"))
PORTAL = Target(name="portal", address=IPv4Address("10.1.0.9"), allowed=frozenset({WEB}))


@dataclass
class Street:
    """Finds these TCP ports open; none at all: it cannot ask."""

    open: tuple[int, ...]
    name: str = "street"
    asked: str = ""

    def ask(self, question: str) -> str:
        self.asked = question
        if not self.open:
            raise Failed(self.name, "nobody stands there", "Look at it.")
        return json.dumps({"10.1.0.9": {"from": "198.18.64.2", "tcp": list(self.open), "udp": []}})


def scan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, street: Street, *args: str, unseen: str = "") -> Result:
    lost = (Outcome(subject=unseen, status=Status.UNKNOWN, reason="lost"),) if unseen else ()
    grounds = {"datacentre": Ground(targets=(PORTAL,)), "recovery": Ground(unseen=lost)}
    monkeypatch.setattr(scanning, "ground", lambda _city, stack, _connect, _access: grounds[stack.role.value])
    monkeypatch.setattr(lab_access, "spots", lambda *_: (street,))
    environ = {"XDG_STATE_HOME": str(tmp_path), "ASTY_CITY": str(EXAMPLE), "ASTY_WORKSPACE": None}
    return CliRunner().invoke(main, ["scan", *args], env=environ, prog_name="asty")


def test_what_answers_as_declared_is_told_with_who_it_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    street = Street(open=(443,))
    done = scan(monkeypatch, tmp_path, street)
    assert (done.exit_code, done.stdout) == (0, "ok       portal: street: 443/tcp\n1 ok\n")
    assert json.loads(street.asked)["tcp"][0] == [1, 1024]


def test_what_answers_undeclared_ends_with_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = scan(monkeypatch, tmp_path, Street(open=(443, 6379)), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["outcomes"] == [
        {
            "subject": "portal", "status": "failed", "duration_s": 0.0, "evidence": "",
            "reason": "answers undeclared: 6379/tcp from street (198.18.64.2)",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(("street", "unseen"), [(Street(open=()), ""), (Street(open=(443,)), "recovery")])
def test_a_spot_or_a_site_that_cannot_be_asked_ends_with_4(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, street: Street, unseen: str
) -> None:
    done = scan(monkeypatch, tmp_path, street, unseen=unseen)
    assert done.exit_code == 4
    assert "unknown" in done.stdout


def test_all_ports_are_all_of_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    street = Street(open=(443,))
    scan(monkeypatch, tmp_path, street, "--all-ports", "--within", "0.5")
    assert json.loads(street.asked) == {"targets": ["10.1.0.9"], "tcp": [[1, 65535]], "udp": [], "within_s": 0.5}
