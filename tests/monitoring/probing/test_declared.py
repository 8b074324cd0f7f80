import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest

from asty.city_data import load
from city.errors import InvalidCity
from city.model.probing import HERE, Probing
from monitoring.probes.dns import Name
from monitoring.probing.declared import probed, probes
from monitoring.probing.web import Page

EXAMPLE = Path(__file__).parents[3] / "cities" / "example"
POINTS = """
  from:
    street: {name: {el: Δρόμος, en: Street}, network: west-free}
    sensors: {name: {el: Αισθητήρες, en: Sensors}, network: datacentre-iot}
"""
HERE_TOO = "    here: {name: {el: Εδώ, en: Here}, network: datacentre-management}\n"
TWO_SITES = f"""
  from:
{HERE_TOO}    there: {{name: {{el: Εκεί, en: There}}, network: recovery-management}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example city, without what it says of probing, and without its probes."""
    city = copytree(EXAMPLE, tmp_path / "city")
    general = city / "city.yaml"
    said = re.compile(r"^probing:\n(?: .*\n)+", re.MULTILINE)
    general.write_text(said.sub("", general.read_text(encoding="utf-8")), encoding="utf-8")
    services = city / "services.yaml"
    lines = services.read_text(encoding="utf-8").splitlines(keepends=True)
    services.write_text("".join(line for line in lines if not line.startswith("  probe:")), encoding="utf-8")
    return city


def declare(folder: Path, service: str, probe: str, probing: str = "") -> int:
    """Gives a service a probe; the line of the probe."""
    file = folder / "services.yaml"
    before, head, after = file.read_text(encoding="utf-8").partition(f"{service}:\n")
    file.write_text(f"{before}{head}  probe: {probe}\n{after}", encoding="utf-8")
    if probing:
        with (folder / "city.yaml").open("a", encoding="utf-8") as general:
            general.write(f"\nprobing: {probing}\n")
    return before.count("\n") + 2


def test_a_city_that_declares_no_probe_has_none(folder: Path) -> None:
    assert probed(load(folder)) == ()


@pytest.mark.slow
def test_a_probe_is_asked_of_the_name_of_its_workload_from_where_its_flows_let_in(folder: Path) -> None:
    declare(folder, "portal", "{https: /healthz, expect: 200, within: 2s}", POINTS)
    declare(folder, "iot-platform", "{tcp: 8883}")
    by_service = {one.service: one for one in probed(load(folder))}
    portal, sensors = by_service["portal"], by_service["iot-platform"]
    assert (portal.ask.host, portal.ask.spec) == ("www.example.test", Page(path="/healthz", port=443))
    assert (portal.within, portal.ask.deadline_s) == (timedelta(seconds=2), 3.0)
    assert [point.id for point in portal.points] == ["street", "sensors"], "the world is let in, and so is everybody"
    assert [point.id for point in sensors.points] == ["sensors"]
    assert sensors.within == timedelta(seconds=1)


def test_a_service_elsewhere_is_asked_by_the_name_that_is_declared(folder: Path) -> None:
    declare(folder, "job-platform", "{dns: jobs.example.org, host: ns.example.org., type: A}")
    [jobs] = probed(load(folder))
    assert (jobs.ask.host, jobs.points) == ("ns.example.org", (HERE,))
    assert isinstance(jobs.ask.spec, Name)


def test_the_example_city_says_what_is_the_default() -> None:
    assert replace(load(EXAMPLE).probing, points=(HERE,)) == Probing()


def test_what_a_city_leaves_out_is_the_default(folder: Path) -> None:
    assert load(folder).probing == Probing()
    declare(folder, "portal", "{https: /}", "{interval: 30s, deadline: 5s, failures: 3, rounds: 4}")
    expected = Probing(interval=timedelta(seconds=30), deadline=timedelta(seconds=5), failures=3, rounds=4)
    assert load(folder).probing == expected


def test_a_point_at_the_recovery_site_is_let_in_with_the_world_alone(folder: Path) -> None:
    """`network:management` opens a service to the management network of its own site, never to that of the other."""
    declare(folder, "portal", "{https: /}", TWO_SITES)
    declare(folder, "monitoring", "{tcp: 9090}")
    found = {one.service: [point.id for point in one.points] for one in probed(load(folder))}
    assert found == {"portal": ["here", "there"], "monitoring": ["here"]}
    general = folder / "city.yaml"
    general.write_text(general.read_text(encoding="utf-8").replace(HERE_TOO, ""), encoding="utf-8")
    with pytest.raises(InvalidCity) as caught:
        load(folder)
    assert "no vantage point reaches monitoring at 9090/tcp" in str(caught.value.defects)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("service", "probe", "problem"),
    [
        ("portal", "{http: /}", "no vantage point reaches portal at 80/tcp by the flows of its workload"),
        ("portal", "{https: /, port: 8443}", "no vantage point reaches portal at 8443/tcp"),
        ("portal", "{dns: www.example.test, port: 443}", "no vantage point reaches portal at 443/udp"),
        ("iot-platform", "{mqtt: 1883}", "no vantage point reaches iot-platform at 1883/tcp"),
        ("job-platform", "{https: /}", "it has no workload whose name could be asked for"),
        ("portal", "{https: /, host: login.example.test}", "login.example.test is the name of identity"),
        ("portal", "{https: /, host: nobody at all}", "is no host"),
        ("portal", "{https: healthz}", "'healthz' is no path"),
        ("portal", "{https: /, expect: 99}", "99 is out of range"),
        ("portal", "{https: /, within: 3s}", "no answer can be slow then"),
        ("portal", "{https: /, within: 2}", "is not a duration"),
        ("portal", "{https: /, txt: ok}", "unknown key 'txt'"),
        ("portal", "{https: /, http: /}", "two probes, http and https"),
        ("portal", "{expect: 200}", "it names no kind of probe"),
        ("portal", "https", "is not a list of `key: value`"),
        ("portal", "{tcp: 70000}", "70000 is out of range"),
        ("portal", "{dns: www..test, port: 443}", "is no name"),
        ("portal", "{radius: 1812}", "secret is missing"),
        ("portal", "{radius: 1812, secret: s3cret}", "it does not say where the secret is kept"),
        ("portal", "{postgresql: city}", "user is missing"),
        ("portal", "{postgresql: city, user: probe, recovery: maybe}", "neither true nor false"),
        ("portal", "{smtp: 25, tls: maybe}", "'maybe' is not known here"),
    ],
)
def test_a_probe_that_cannot_be_meant_is_a_defect_at_its_line(
    folder: Path, service: str, probe: str, problem: str
) -> None:
    line = declare(folder, service, probe)
    with pytest.raises(InvalidCity) as caught:
        load(folder)
    defects = [one for one in caught.value.defects if problem in one.problem]
    assert [(one.file.name, one.line, bool(one.remedy)) for one in defects] == [("services.yaml", line, True)]
    assert "s3cret" not in str(caught.value.defects)


def test_a_probe_of_another_services_database_is_told_unless_that_service_is_needed(folder: Path) -> None:
    services = folder / "services.yaml"
    flow = "      - {source: world, port: 443}\n"
    text = services.read_text(encoding="utf-8").replace(flow, f"{flow}      - {{source: world, port: 5432}}\n", 1)
    services.write_text(text, encoding="utf-8")
    line = declare(folder, "portal", "{postgresql: jobs, user: probe}")
    with pytest.raises(InvalidCity) as caught:
        load(folder)
    [told] = caught.value.defects
    assert (told.line, told.file.name) == (line, "services.yaml")
    assert "it opens database jobs of job-platform, on which portal does not depend" in told.problem
    text = services.read_text(encoding="utf-8").replace("[portal, identity]", "[]")
    services.write_text(text.replace("depends_on: [identity]", "depends_on: [job-platform]", 1), encoding="utf-8")
    with pytest.raises(InvalidCity) as caught:
        load(folder)
    assert "rto 1h is tighter" in str(caught.value.defects), "it leans on what may be away for three days"
    assert "opens database" not in str(caught.value.defects)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("probing", "problem"),
    [
        ("{interval: 3s}", "the deadline of a look is not over before the next look"),
        ("{within: 3s}", "an answer cannot be slow before the deadline is over"),
        ("{failures: 4}", "4 failures of 3 rounds can never be"),
        ("{again: 0s}", "again is no time"),
        ("{rounds: 99}", "99 is out of range"),
        ("{every: 10s}", "unknown key 'every'"),
        ("{from: {street: {network: west-free}}}", "name is missing"),
        ("{from: {street: {name: {el: Δ, en: S}, network: west}}}", "names the network 'west', which is not there"),
    ],
)
def test_a_rule_of_probing_that_cannot_be_meant_is_a_defect(folder: Path, probing: str, problem: str) -> None:
    declare(folder, "portal", "{https: /}", probing)
    with pytest.raises(InvalidCity) as caught:
        load(folder)
    assert [one.file.name for one in caught.value.defects if problem in one.problem] == ["city.yaml"]


def test_each_kind_of_probe_is_called_as_its_module_is() -> None:
    assert set(probes()) == {path.stem for path in (EXAMPLE.parents[1] / "monitoring" / "probes").glob("[!_]*.py")}
