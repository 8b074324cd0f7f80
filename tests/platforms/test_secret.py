"""A shared secret is a reference in every plan, and itself only in the line that is sent."""

from dataclasses import replace
from pathlib import Path

import pytest

from city.errors import InvalidInput
from city.model.city import City
from city.model.wireless import RadiusServer
from city.secrets import SecretRef
from network.diff import compare
from network.seal import Seal
from platforms.grammar.configuration import Configuration
from platforms.grammar.scope import left_alone
from platforms.grammar.secret import placed, revealed
from platforms.registry import grammar, intended


@pytest.fixture
def city(example_city: City, tmp_path: Path) -> City:
    """As the example is, with a shared secret in a file."""
    (tmp_path / "radius").write_text("tr0ub4dor\n")
    ref = SecretRef("file", str(tmp_path / "radius"))

    def sharing(servers: tuple[RadiusServer, ...]) -> tuple[RadiusServer, ...]:
        return tuple(replace(server, secret=ref) for server in servers)

    return replace(example_city, ssids=tuple(replace(ssid, radius=sharing(ssid.radius)) for ssid in example_city.ssids))


PLACES = pytest.mark.parametrize(
    ("device", "header", "line"),
    [
        pytest.param("ap-0001", "radius-server 10.1.3.7", "key {}", id="street-ap"),
        pytest.param("ap-0003", "wireless.staff_radio0=wifi-iface", "auth_secret='{}'", id="mesh-ap"),
    ],
)


@PLACES
def test_it_is_planned_as_a_reference_and_sent_as_it_is(city: City, device: str, header: str, line: str) -> None:
    kind, wanted = grammar(city.device(device).platform), intended(city, city.device(device))
    assert sum("<file:" in said for said in wanted.lines(header)) == 1
    lines = compare(kind, Configuration.of({}), wanted).lines
    assert "tr0ub4dor" not in "\n".join(lines) + kind.render(wanted)
    assert any(said.endswith(line.format("tr0ub4dor")) for said in revealed(lines))


@PLACES
@pytest.mark.parametrize("shown", ["7 0822455D0A16", "***", "tr0ub4dor"])
def test_one_that_is_there_is_the_declared_one(city: City, device: str, header: str, line: str, shown: str) -> None:
    """Each show salts it anew: no push is stopped by that, and none follows from it."""
    kind, wanted = grammar(city.device(device).platform), intended(city, city.device(device))
    text = kind.render(wanted).replace(line.format(placed(reference(city))), line.format(shown))
    assert shown in text and line.format(shown) in kind.parse(text).lines(header)
    assert not compare(kind, kind.parse(text), wanted)


@PLACES
def test_one_that_a_device_shows_as_it_is_can_be_read_by_nobody_where_it_is_kept(
    city: City, device: str, header: str, line: str, tmp_path: Path
) -> None:
    kind, wanted = grammar(city.device(device).platform), intended(city, city.device(device))
    shown = kind.render(wanted).replace(line.format(placed(reference(city))), line.format("tr0ub4dor"))
    assert line.format("tr0ub4dor") in kind.parse(shown).lines(header)
    seal = Seal(tmp_path / "journal.key")
    kept = seal.close(shown)
    assert "tr0ub4dor" not in kept and seal.open(kept) == shown
    assert header.partition("=")[0] in kept, "and all else can be"


@PLACES
def test_one_that_is_there_is_nobody_elses(city: City, device: str, header: str, line: str) -> None:
    """A push leaves it as it is, and a person is not told that somebody else put it there."""
    kind, wanted = grammar(city.device(device).platform), intended(city, city.device(device))
    ours, shown = line.format(placed(reference(city))), line.format("***")
    running = kind.parse(kind.render(wanted).replace(ours, shown))
    assert shown in running.lines(header)
    assert left_alone(kind, running, wanted) == ()


def test_what_else_stands_beside_it_is_somebody_elses(city: City) -> None:
    kind, wanted = grammar(city.device("ap-0001").platform), intended(city, city.device("ap-0001"))
    text = kind.render(wanted).replace(f"key {placed(reference(city))}", "key 7 0822\n timeout 9")
    (theirs,) = left_alone(kind, kind.parse(text), wanted)
    assert (theirs.header, theirs.lines) == ("radius-server 10.1.3.7", ("timeout 9",))


@PLACES
def test_one_that_was_set_at_installation_stays(example_city: City, device: str, header: str, line: str) -> None:
    kind, wanted = grammar(example_city.device(device).platform), intended(example_city, example_city.device(device))
    running = Configuration({**wanted.sections, header: wanted.lines(header) | {line.format("by hand")}})
    assert not compare(kind, running, wanted)


def reference(city: City) -> SecretRef:
    (ref,) = {server.secret for ssid in city.ssids for server in ssid.radius}
    assert ref is not None
    return ref


@pytest.mark.parametrize("value", ["", "two words", "it's", 'say "x"', "a?b", "a\nreload", "$(reboot)", "x" * 129])
def test_one_that_a_command_line_would_take_apart_is_refused_and_not_repeated(value: str, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text(value)
    with pytest.raises(InvalidInput, match="a character that a command line takes for its own") as told:
        revealed([f"key <file:{tmp_path / 'bad'}>"])
    assert not value or value not in str(told.value)


def test_one_that_is_not_there_stops_the_push() -> None:
    with pytest.raises(InvalidInput, match="NO_SUCH_VARIABLE"):
        revealed(["key <env:NO_SUCH_VARIABLE>"])
    assert revealed(["hostname a", "ssid <x>"]) == ("hostname a", "ssid <x>")
