"""The page in a real Chromium: nothing blocked, nothing cut off, nothing that axe objects to."""

import asyncio
import importlib.resources
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from city.clock import FixedClock
from city.model.city import City
from monitoring.dashboard.app import create_app
from monitoring.snapshot import Snapshot
from tests.monitoring.judged import FOUND, NOW

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 360, 1440)

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def address(city: City, snapshot: Snapshot) -> Iterator[str]:
    app = create_app(city, lambda _at: snapshot, FixedClock(NOW), recovery=lambda: FOUND)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
    thread.start()
    deadline = time.monotonic() + 120
    while not server.started and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert server.started
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(120)
    listening.close()
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    """Opens a page, and fails at the end where the console said anything or another host was asked."""
    complaints: list[str] = []
    contexts = []

    def opening(path: str, width: int = 1440, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
        page.on(
            "request",
            lambda request: None if request.url.startswith(address) else complaints.append(f"elsewhere: {request.url}"),
        )
        answer = page.goto(f"{address}{path}")
        assert answer is not None and answer.ok
        return page

    yield opening
    for context in contexts:
        context.close()
    assert complaints == []


def violations(page: Page) -> list[str]:
    """What axe finds wrong or cannot decide about colours, by rule and place."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "async tags => await axe.run({runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", WCAG
    )
    return [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]


def open_everything(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


@pytest.mark.parametrize(
    ("path", "width", "scheme"),
    [
        ("/el/", 360, "light"),
        ("/el/", 1440, "dark"),
        ("/en/", 360, "dark"),
        ("/en/", 1440, "light"),
        ("/el/drills/", 360, "dark"),
        ("/en/drills/", 1440, "light"),
    ],
)
def test_axe_finds_nothing(opened: Opened, path: str, width: int, scheme: str) -> None:
    page = opened(path, width, scheme)
    open_everything(page)
    assert violations(page) == []


def test_axe_would_find_something(opened: Opened) -> None:
    page = opened("/el/")
    page.evaluate(
        "document.documentElement.removeAttribute('lang'); document.querySelector('h1').outerHTML = '<a href></a>'"
    )
    rules = {found.partition(":")[0] for found in violations(page)}
    assert {"html-has-lang", "link-name"} <= rules


@pytest.mark.parametrize("path", ["/el/?state=all", "/en/?state=all", "/el/drills/"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_reflows(opened: Opened, path: str, width: int) -> None:
    """WCAG 1.4.10: nothing but a table's own region scrolls sideways."""
    page = opened(path, width)
    open_everything(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_text_at_twice_its_size_still_fits(opened: Opened) -> None:
    """WCAG 1.4.4, as a browser zooms: half the width in CSS pixels."""
    page = opened("/el/?state=all", 640)
    open_everything(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_the_keyboard_goes_past_the_header_and_opens_the_arithmetic(opened: Opened) -> None:
    page = opened("/el/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open") is True
    assert page.get_by_role("region", name=re.compile("^Δεδομένα")).first.is_visible()


@pytest.mark.parametrize("path", ["/el/?state=all", "/el/drills/"])
def test_targets_are_large_enough_for_a_finger(opened: Opened, path: str) -> None:
    """WCAG 2.5.8: 24 by 24 CSS pixels."""
    page = opened(path, 360)
    small = page.evaluate(
        """[...document.querySelectorAll('a:not(.skip), summary')]
           .map(one => [one.textContent.trim(), one.getBoundingClientRect()])
           .filter(([, box]) => box.width < 24 || box.height < 24).map(([text]) => text)"""
    )
    assert small == []


def test_a_reader_changes_the_language_and_keeps_the_place(opened: Opened) -> None:
    page = opened("/el/?state=down")
    page.get_by_role("link", name="English").click()
    assert page.url.endswith("/en/?state=down&page=1")
    assert page.get_by_role("rowheader", name="ap-0001").is_visible()
    assert page.get_by_role("rowheader", name="ap-0006").count() == 0


def test_the_map_is_named_for_those_who_cannot_see_it(opened: Opened) -> None:
    page = opened("/en/")
    assert page.get_by_role("img", name="Access points of Example and their state").is_visible()
    drawn = page.evaluate("document.querySelectorAll('.map .ap').length")
    assert drawn == 3


def test_both_schemes_are_really_drawn(opened: Opened) -> None:
    grounds = {
        scheme: opened("/el/", scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert grounds == {"light": "rgb(247, 247, 244)", "dark": "rgb(18, 23, 26)"}
