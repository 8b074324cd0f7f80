"""The folder over which a service of OpenStack and an agent talk: whole letters, or none."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.openstack.drivers.exchange import Exchange, Letter, revision

WRITER = """
import sys
from pathlib import Path
from lab.openstack.drivers.exchange import Letter
number = 0
while True:
    number += 1
    Letter(Path(sys.argv[1])).write({"numbers": [number] * 20000})
"""


def test_what_nobody_wrote_is_not_nothing(tmp_path: Path) -> None:
    letter = Letter(tmp_path / "wanted.json")
    assert letter.read() is None and not letter.news()
    letter.write({})
    assert letter.read() == {} and letter.news() and not letter.news()


def test_only_other_words_are_news(tmp_path: Path) -> None:
    letter, reader = Letter(tmp_path / "told.json"), Letter(tmp_path / "told.json")
    letter.write({"a": 1, "b": 2})
    assert reader.news()
    letter.write({"b": 2, "a": 1})
    assert not reader.news()
    letter.write({"a": 2})
    assert reader.news()


@pytest.mark.slow
def test_a_writer_that_is_killed_leaves_the_letter_whole(tmp_path: Path) -> None:
    file = tmp_path / "wanted.json"
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(file)])
        while not file.exists():
            time.sleep(0.01)
        time.sleep(0.05)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        content = Letter(file).read()
        assert content is not None and len(set(content["numbers"])) == 1 and len(content["numbers"]) == 20000


def test_each_side_reads_the_other_whatever_umask_it_has(tmp_path: Path) -> None:
    exchange = Exchange(tmp_path / "balancing")
    before = os.umask(0o077)
    try:
        exchange.open()
        exchange.wanted.write({})
        exchange.told.write({})
    finally:
        os.umask(before)
    modes = [path.stat().st_mode & 0o777 for path in (exchange.folder, exchange.wanted.file, exchange.told.file)]
    assert modes == [0o711, 0o600, 0o644]


CONTENT = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@pytest.mark.slow
@given(CONTENT, CONTENT)
def test_a_revision_names_one_content(one: object, other: object) -> None:
    assert (revision(one) == revision(other)) == (one == other)
