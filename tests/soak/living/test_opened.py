"""Residents open the portal by its name: through the resolver and the balancer, and the certificate is looked at."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from tests.e2e.operator import REPOSITORY
from tests.monitoring.dashboard.test_browser import CHROMIUM, QUIET
from tests.soak.living.city import LivingCity

pytestmark = pytest.mark.slow
PORTAL = "https://www.example.test/"


@pytest.fixture
def proxy(living: LivingCity) -> Iterator[tuple[str, str]]:
    """The way into the street that `asty browse` opens, and whom to trust."""
    command = (sys.executable, "-m", "asty", "browse", "--port", "0")
    environ = living.operator.environment
    with subprocess.Popen(command, cwd=REPOSITORY, env=environ, stderr=subprocess.PIPE, text=True) as browse:
        assert browse.stderr is not None
        told = dict(line.split(": ", 1) for line in itertools.islice(browse.stderr, 2))
        words = told["curl"].split()
        yield told["proxy"].strip(), words[words.index("--cacert") + 1]
        browse.terminate()


def test_curl_opens_the_portal(proxy: tuple[str, str]) -> None:
    at, trust = proxy
    asked = ("/usr/bin/curl", "--silent", "--show-error", "--fail", "--proxy", at, "--cacert", trust, PORTAL)
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert "<h1>portal</h1>" in done.stdout


@pytest.mark.browser
def test_a_browser_that_trusts_the_citys_authority_opens_the_portal(proxy: tuple[str, str], tmp_path: Path) -> None:
    at, trust = proxy
    nss = tmp_path / ".pki" / "nssdb"
    nss.mkdir(parents=True)
    for words in (("-N", "--empty-password"), ("-A", "-n", "lab", "-t", "C,,", "-i", trust)):
        subprocess.run(("/usr/bin/certutil", "-d", f"sql:{nss}", *words), check=True, capture_output=True)
    home: dict[str, str | float | bool] = {**os.environ, "HOME": str(tmp_path)}
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, env=home, proxy={"server": at}) as chromium,
    ):
        page = chromium.new_page()
        answer = page.goto(PORTAL)
        assert answer is not None and answer.ok
        assert page.get_by_role("heading").inner_text() == "portal"
        secured = answer.security_details()
        assert secured is not None and secured["subjectName"] == "portal"
        with pytest.raises(PlaywrightError, match="ERR_TUNNEL_CONNECTION_FAILED"):
            page.goto("https://nobody.example.test/")
