import json
import pickle
from pathlib import Path

import pytest

from city.errors import InvalidInput
from city.secrets import Secret, SecretRef, resolve


def test_a_secret_shows_nowhere() -> None:
    secret = Secret("hunter2")
    for shown in (repr(secret), str(secret), f"{secret}", repr([secret]), "%s" % secret):  # noqa: UP031 - as logging does
        assert "hunter2" not in shown
    assert secret.reveal() == "hunter2"


def test_a_secret_is_not_to_be_serialised() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret("hunter2"))
    with pytest.raises(TypeError):
        json.dumps(Secret("hunter2"))


def test_secrets_are_compared_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


@pytest.mark.parametrize("text", ["env:NAME", "file:/run/x:y", "pulumi:lab/key", "vault:secret/ap#password"])
def test_a_reference_is_written_as_it_was_read(text: str) -> None:
    assert str(SecretRef.parse(text)) == text


@pytest.mark.parametrize("text", ["", "hunter2", "env:", "https://x", ":x"])
def test_what_is_no_reference_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        SecretRef.parse(text)
    assert "hunter2" not in str(caught.value)


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTY_TEST_SECRET", "hunter2")
    assert resolve(SecretRef.parse("env:ASTY_TEST_SECRET")).reveal() == "hunter2"


def test_a_secret_comes_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    place = tmp_path / "secret"
    place.write_text("hunter2\n", encoding="utf-8")
    assert resolve(SecretRef("file", str(place))).reveal() == "hunter2"


def test_a_secret_comes_from_the_callers_resolver() -> None:
    assert resolve(SecretRef.parse("vault:a#b"), {"vault": lambda place: f"of {place}"}).reveal() == "of a#b"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("env:ASTY_TEST_NOWHERE", "not set", id="no such variable"),
        pytest.param("file:/nowhere/at/all", "cannot be read", id="no such file"),
        pytest.param("file:/bin/true", "no UTF-8 text", id="a file that is no text"),
        pytest.param("file:~nobody-of-that-name/x", "cannot be read", id="the home of nobody"),
        pytest.param("file:a\0b", "cannot be read", id="no path"),
        pytest.param("vault:a#b", "nothing here resolves", id="no resolver"),
    ],
)
def test_a_secret_that_is_not_there_is_told(text: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        resolve(SecretRef.parse(text))
