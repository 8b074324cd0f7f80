"""What each address answers, asked over HTTP without a network."""

import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from starlette.applications import Starlette

from city.clock import FixedClock
from city.errors import Failed
from city.model.city import City
from monitoring.dashboard.app import HOLD, create_app
from monitoring.dashboard.guard import HEADERS
from monitoring.ledger.intervals import State
from monitoring.snapshot import OBSERVER, ObservedIn, Snapshot, Standing
from tests.monitoring.judged import FOUND

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAGES = ("/el/", "/en/", "/el/drills/", "/en/drills/")


def asking(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://dashboard.test")


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("el", "/el/"),
        ("en-GB,en;q=0.9,el;q=0.8", "/en/"),
        ("fr;q=1, el;q=0.2, en;q=0.1", "/el/"),
        ("en;q=0, el;q=0.1", "/el/"),
        ("fr", "/el/"),
        ("", "/el/"),
        ("en;q=nonsense", "/el/"),
    ],
)
async def test_the_root_leads_to_the_readers_language(client: httpx.AsyncClient, accept: str, page: str) -> None:
    answer = await client.get("/", headers={"Accept-Language": accept})
    assert (answer.status_code, answer.headers["location"]) == (307, page)
    assert answer.headers["vary"] == "Accept-Language"


async def test_the_page_of_recovery_is_found_in_the_readers_language_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/drills/", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["location"]) == (307, "/en/drills/")


@pytest.mark.parametrize(
    "path", [*PAGES, "/", "/api/kpi.json", "/api/drills.json", "/metrics", "/static/asty.css", "/nowhere"]
)
async def test_every_answer_is_guarded(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", PAGES)
async def test_what_a_reader_has_already_is_not_sent_again(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get(path, headers={"If-None-Match": '"something else"'})
    assert other.status_code == 200


async def test_pages_are_compressed_for_those_who_ask(client: httpx.AsyncClient) -> None:
    plain = await client.get("/el/", headers={"Accept-Encoding": "identity"})
    zipped = await client.get("/el/", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.text == plain.text
    assert int(zipped.headers["content-length"]) < len(plain.content) / 3


@pytest.mark.parametrize(
    ("header", "zipped"),
    [
        ("gzip;q=0", False),
        ("gzip;q=0.0, *", False),
        ("br, gzip ; q=0.001", True),
        ("*", True),
        ("*;q=0", False),
        ("identity;q=1, *;q=0.5", True),
        ("GZIP;Q=1.000", True),
        ("gzip;q=yes", False),
        ("br", False),
        ("", False),
    ],
)
async def test_compression_goes_by_the_weight_that_the_reader_gives_it(
    client: httpx.AsyncClient, header: str, *, zipped: bool
) -> None:
    answer = await client.get("/el/", headers={"Accept-Encoding": header})
    assert (answer.headers.get("content-encoding") == "gzip") is zipped


async def test_figures_as_json_are_those_on_the_page(client: httpx.AsyncClient, snapshot: Snapshot) -> None:
    content = (await client.get("/api/kpi.json")).json()
    assert content["at"] == snapshot.at.isoformat()
    assert list(content["promises"]) == ["wireless-coverage", "broadband", "running-cost", "availability"]
    for figure in snapshot.figures:
        assert content["promises"][figure.id] == json.loads(json.dumps(figure.as_json()))


async def test_a_gauge_is_full_as_far_as_is_sure_and_no_farther(client: httpx.AsyncClient, snapshot: Snapshot) -> None:
    page = (await client.get("/en/")).text
    gauges = re.findall(r'<svg class="gauge".*?</svg>', page, re.DOTALL)
    for figure, gauge in zip(snapshot.figures, gauges, strict=True):
        sure = [float(width) for width in re.findall(r'class="sure"[^>]* width="([0-9.]+)"', gauge)]
        lower = max(0.0, figure.lower or 0.0)
        assert sure == ([pytest.approx(1000 * lower, abs=0.1)] if lower else [])
        assert ('class="found"' in gauge) is (figure.value is not None)


async def test_services_and_switches_as_json(client: httpx.AsyncClient, city: City) -> None:
    answer = await client.get("/api/estate.json")
    assert answer.headers["content-type"] == "application/json"
    content, since = answer.json(), (NOW - 10 * HOUR).isoformat()
    assert list(content["services"]) == [service.id for service in city.services]
    assert content["services"]["job-platform"] == {
        "name": {"el": "Πλατφόρμα εργασίας", "en": "Job platform"},
        "tier": 3,
        "state": "down",
        "since": since,
        "probe": None,
        "seen_from": [],
        "cause": "",
        "probed_here": None,
    }
    assert content["switches"]["sw-west-01"] == {"site": "west", "state": "up", "since": since}


async def test_every_service_stands_on_the_page_in_the_readers_language(
    city: City, snapshot: Snapshot, clock: FixedClock
) -> None:
    down, since = "service:job-platform", NOW - timedelta(minutes=90)
    standings = {down: Standing(state=State.DOWN, since=since), "service:portal": Standing(state=State.UP, since=None)}
    taken = dataclasses.replace(snapshot, standings=standings)
    async with asking(create_app(city, lambda _at: taken, clock)) as client:
        greek, english = [(await client.get(page)).text for page in PAGES[:2]]
    for service in city.services:
        assert f'<th scope="row">{service.name.el}</th>' in greek
        assert f'<th scope="row">{service.name.en}</th>' in english
    for page, name, words, when in (
        (greek, "Πλατφόρμα εργασίας", "εκτός λειτουργίας", "10 Ιουνίου 2026, 10:30"),
        (english, "Job platform", "down", "10 June 2026, 10:30"),
        (greek, "Πύλη", "σε λειτουργία", "πάνω από μία εβδομάδα"),
        (english, "Portal", "up", "for more than a week"),
        (greek, "Ταυτότητα", "άγνωστη κατάσταση", "πάνω από μία εβδομάδα"),
        (english, "Identity", "unknown", "for more than a week"),
    ):
        row = page.partition(f'<th scope="row">{name}</th>')[2].partition("</tr>")[0]
        told = [" ".join(cell.split()) for cell in re.sub(r"<[^>]*>", "\n", row).split("\n") if cell.strip()]
        assert told[:2] == [words, when]
    assert "3, ordinary" in english and "3, συνήθης" in greek
    assert "Services now: 1 up, 0 degraded, 1 down, 4 unknown" in english


async def test_switches_that_are_not_up_are_named(client: httpx.AsyncClient) -> None:
    page = (await client.get("/en/")).text
    assert '<th scope="row">sw-east-01</th>' in page and '<th scope="row">sw-west-01</th>' not in page
    assert "Every switch is up." not in page


async def test_that_every_switch_is_up_is_said(city: City, snapshot: Snapshot, clock: FixedClock) -> None:
    up = {f"device:{switch.id}": Standing(state=State.UP, since=NOW - HOUR) for switch in city.switches}
    taken = dataclasses.replace(snapshot, standings=up)
    async with asking(create_app(city, lambda _at: taken, clock)) as client:
        page = (await client.get("/en/")).text
    assert "Every switch is up." in page and "Switches that are not up" not in page


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "told"),
    [
        pytest.param("/el/", "παρατηρούνται σε εργαστήριο", id="in Greek"),
        pytest.param("/en/", "Devices and services are observed in a laboratory", id="in English"),
    ],
)
@pytest.mark.parametrize("where", ObservedIn)
async def test_the_page_says_before_any_figure_that_a_lab_is_observed(
    city: City, snapshot: Snapshot, page: str, told: str, where: ObservedIn
) -> None:
    taken = dataclasses.replace(snapshot, observed_in=where)
    async with asking(create_app(city, lambda _at: taken)) as client:
        before = (await client.get(page)).text.partition("<section")[0]
    assert (told in before) is (where is ObservedIn.LAB)


@pytest.mark.parametrize("path", ["/api/kpi.json", "/api/estate.json", "/api/access-points.geojson"])
async def test_all_data_say_when_and_where_they_were_observed(
    client: httpx.AsyncClient, snapshot: Snapshot, path: str
) -> None:
    content = (await client.get(path)).json()
    assert (content["at"], content["observed_in"]) == (snapshot.at.isoformat(), "lab")


async def test_a_device_that_answers_with_its_radio_shut_is_shown_as_one_that_nobody_can_use(
    city: City, snapshot: Snapshot, clock: FixedClock
) -> None:
    chosen = next(ap.id for ap in city.access_points if snapshot.access_point(ap.id) is State.UP)
    shut = dataclasses.replace(snapshot, access_points={**snapshot.access_points, chosen: State.DOWN})
    async with asking(create_app(city, lambda _at: shut, clock)) as opened:
        features = json.loads((await opened.get("/api/access-points.geojson")).text)["features"]
        page = (await opened.get("/en/?state=down")).text
    shown = {feature["id"]: feature["properties"] for feature in features}
    assert (shown[chosen]["state"], shown[chosen]["device_state"]) == ("down", "up")
    assert chosen in page


async def test_access_points_as_geojson(client: httpx.AsyncClient, city: City) -> None:
    answer = await client.get("/api/access-points.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert [f["properties"]["state"] for f in features[:6]] == ["down", "down", "unknown", "unknown", "unknown", "up"]
    assert len(features) == len(city.access_points)
    first = city.access_points[0]
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [first.position.lon, first.position.lat]}


async def test_metrics_hold_promises_states_and_readings(client: httpx.AsyncClient, city: City) -> None:
    answer = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}  # type: ignore[no-untyped-call]  # shipped untyped
    bounds = families["asty_promise_lower_ratio"].samples
    assert {sample.labels["promise"] for sample in bounds} >= {"wireless-coverage", "availability"}
    states = families["asty_device_state"].samples
    assert len(states) == 3 * len(city.devices)
    assert sum(sample.value for sample in states) == len(city.devices)
    octets = families["ifHCInOctets"].samples
    assert {(s.labels["device"], s.labels["ifIndex"], s.value) for s in octets} == {
        ("ap-0006", "1", 123456.0),
        ("ap-0006", "2", 7.0),
    }


async def test_metrics_are_plain_text_for_older_scrapers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'ifHCInOctets{device="ap-0006",ifIndex="1"} 123456.0' in answer.text


async def test_health(client: httpx.AsyncClient, snapshot: Snapshot) -> None:
    assert (await client.get("/healthz")).json() == {
        "status": "ok",
        "observation": "nobody looks",
        "at": snapshot.at.isoformat(),
        "looked_at": None,
        "observer": "unknown",
        "observed_by": "",
        "canaries": {},
    }


@pytest.mark.parametrize(
    ("seconds", "state", "observation"),
    [(30, State.UP, "ok"), (360, State.UP, "nobody looks"), (30, State.UNKNOWN, "nobody is heard")],
)
async def test_health_tells_the_last_look_and_whether_the_observer_hears_anybody(
    city: City, snapshot: Snapshot, seconds: int, state: State, observation: str
) -> None:
    ago = timedelta(seconds=seconds)
    standings = {**snapshot.standings, OBSERVER: Standing(state=state, since=None)}
    seen = dataclasses.replace(snapshot, looked_at=snapshot.at - ago, standings=standings)
    transport = httpx.ASGITransport(create_app(city, lambda _at: seen, FixedClock(snapshot.at)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        told = (await client.get("/healthz")).json()
        metrics = (await client.get("/metrics")).text
    assert (told["observation"], told["looked_at"], told["observer"]) == (
        observation,
        (snapshot.at - ago).isoformat(),
        state.value,
    )
    shown = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
    assert float(shown["asty_last_look_timestamp_seconds"]) == (snapshot.at - ago).timestamp()
    assert float(shown["asty_observer_hears"]) == (state is State.UP)


async def test_an_unreadable_ledger_is_said_and_not_shown_as_good(city: City, clock: FixedClock) -> None:
    def broken(_at: datetime) -> Snapshot:
        raise Failed("ledger", "it is gone", "Bring it back.")

    async with asking(create_app(city, broken, clock)) as client:
        for path in (*PAGES, "/api/kpi.json", "/healthz", "/metrics"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
            assert "Στοιχεία μη διαθέσιμα" in answer.text


async def test_one_snapshot_answers_everybody_until_it_is_old(
    city: City, snapshot: Snapshot, clock: FixedClock
) -> None:
    taken: list[datetime] = []

    def counting(at: datetime) -> Snapshot:
        taken.append(at)
        return dataclasses.replace(snapshot, at=at)

    async with asking(create_app(city, counting, clock)) as client:
        for path in (*PAGES, "/api/kpi.json", "/metrics"):
            await client.get(path)
        assert len(taken) == 1
        old = (await client.get("/el/")).headers["etag"]
        clock.at += HOLD + timedelta(seconds=1)
        assert (await client.get("/el/", headers={"If-None-Match": old})).status_code == 200
        assert len(taken) == 2


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        pytest.param("?state=down", 2, id="one state"),
        pytest.param("?state=unknown", 3, id="the unknown ones"),
        pytest.param("?state=all", 12, id="all"),
        pytest.param("?state=<script>", 12, id="a state that does not exist is not asked for"),
        pytest.param("?state=all&page=99999", 12, id="a page beyond the last is the last"),
        pytest.param("?page=-1", 12, id="a page before the first is the first"),
        pytest.param("?page=१", 12, id="digits of another script are no page"),
    ],
)
async def test_the_list_of_access_points(client: httpx.AsyncClient, query: str, rows: int) -> None:
    answer = await client.get(f"/en/{query}")
    assert answer.status_code == 200
    assert answer.text.count('<th scope="row">ap-') == rows
    assert "<script" not in answer.text
    assert '<details id="access-points" open>' in answer.text


async def test_names_from_the_data_are_text_and_never_markup(city: City, snapshot: Snapshot, clock: FixedClock) -> None:
    evil = "<img src=x onerror=alert(1)>\"'&{{7*7}}"
    name = dataclasses.replace(city.name, en=evil)
    sites = tuple(dataclasses.replace(site, name=dataclasses.replace(site.name, en=evil)) for site in city.sites)
    figures = tuple(
        dataclasses.replace(figure, promised_in=evil, name=dataclasses.replace(figure.name, en=evil))
        for figure in snapshot.figures
    )
    spoilt = dataclasses.replace(city, name=name, sites=sites)
    async with asking(create_app(spoilt, lambda _at: dataclasses.replace(snapshot, figures=figures), clock)) as client:
        text = (await client.get("/en/")).text
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "49" not in text.partition("<main")[0]


async def test_readiness_is_told_to_prometheus_as_it_was_judged_last(city: City, snapshot: Snapshot) -> None:
    async with asking(create_app(city, lambda _at: snapshot, recovery=lambda: FOUND)) as client:
        assert 'asty_readiness_blocking_gaps{service="identity"} 1.0' in (await client.get("/metrics")).text
    async with asking(create_app(city, lambda _at: snapshot)) as client:
        assert "asty_readiness" not in (await client.get("/metrics")).text, "nobody has judged"


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fpage.py"])
async def test_nothing_beside_the_static_files_is_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_it_only_reads(client: httpx.AsyncClient, method: str) -> None:
    for path in (*PAGES, "/api/kpi.json", "/metrics"):
        assert (await client.request(method, path)).status_code == 405
