import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from city.errors import Failed, InvalidInput
from lab import pulumi_from_go, pulumi_tools
from lab.pulumi_tools import PulumiTools, Wanted

VERSIONS = Wanted(cli="3.259.0", plugin="5.5.1")
PLUGIN = Path("plugins") / "resource-openstack-v5.5.1" / "pulumi-resource-openstack"
MAIN_GO = (pulumi_from_go.SOURCES / "provider" / "main.go").read_text(encoding="utf-8")


def program(file: Path, says: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    file.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH, a home and a cache of the test's own, with nothing in them."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def installed(machine: Path, version: str, *, host: bool = True, plugin: bool = True) -> None:
    program(machine / "bin" / "pulumi", version)
    if host:
        program(machine / "bin" / "pulumi-language-python", "")
    if plugin:
        program(machine / "home" / PLUGIN, "")


def test_the_versions_are_those_of_the_installed_packages() -> None:
    assert pulumi_tools.wanted() == VERSIONS
    go_mod = (pulumi_from_go.SOURCES / "cli" / "go.mod").read_text(encoding="ascii")
    assert f"pkg/v3 v{VERSIONS.cli}" in go_mod


@pytest.mark.parametrize("version", ["v3.259.0", "v3.260.1", "4.0.0", "v3.259.0-dev"])
def test_what_is_on_path_and_new_enough_is_taken(machine: Path, version: str) -> None:
    installed(machine, version)
    said: list[str] = []
    tools = pulumi_tools.ensure(said.append)
    assert tools == PulumiTools(
        path_entries=(), plugin_home=machine / "home", way=f"{machine / 'bin' / 'pulumi'}, found on PATH"
    )
    assert said == [f"Pulumi: {tools.way}"]


@pytest.mark.parametrize(
    ("version", "host", "plugin"),
    [
        pytest.param("v3.258.9", True, True, id="older than the package"),
        pytest.param("unknown", True, True, id="a program that does not say its version"),
        pytest.param("v3.259.0", False, True, id="no Python host"),
        pytest.param("v3.259.0", True, False, id="no plugin of this version"),
    ],
)
def test_what_does_not_fit_is_passed_over(
    machine: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, host: bool, plugin: bool
) -> None:
    installed(machine, version, host=host, plugin=plugin)
    made: list[Path] = []

    def make(folder: Path, *_: object) -> None:
        made.append(folder)
        program(folder / "bin" / "pulumi", "v3.259.0")
        program(folder / "home" / PLUGIN, "")

    monkeypatch.setattr(pulumi_tools, "_download", make)
    tools = pulumi_tools.ensure(print)
    assert tools.way.startswith("by Pulumi's own installer, in ")
    assert tools.path_entries[0].parent.parent == machine / "cache" / "asty" / "pulumi"
    pulumi_tools.ensure(print)
    assert len(made) == 1, "the second time it comes from the cache"


def test_each_way_that_failed_is_told(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise OSError("no route")

    def broken(*_: object) -> None:
        raise Failed("go build", "out of memory", "Buy some.")

    monkeypatch.setattr(pulumi_tools, "_download", unreachable)
    monkeypatch.setattr(pulumi_from_go, "build", broken)
    with pytest.raises(Failed, match=r"installer: no route; built from Go modules .*: go build: out of memory"):
        pulumi_tools.ensure(print)
    assert not list((machine / "cache").rglob("way")), "nothing that would be taken for whole later"


def test_a_build_of_the_wrong_version_is_not_kept(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def old(folder: Path, *_: object) -> None:
        program(folder / "bin" / "pulumi", "v3.1.0")
        program(folder / "home" / PLUGIN, "")

    monkeypatch.setattr(pulumi_tools, "_download", old)
    monkeypatch.setattr(pulumi_from_go, "build", old)
    with pytest.raises(Failed, match=r"not of version 3\.259\.0 or newer"):
        pulumi_tools.ensure(print)
    left = {folder.suffix for folder in (machine / "cache" / "asty" / "pulumi").iterdir()}
    assert left == {".lock", ".partial"}, "nothing that would be taken for whole later"


@pytest.fixture
def installer(monkeypatch: pytest.MonkeyPatch) -> Iterator[bytes]:
    """An installer, as its site serves it; it makes a program that says the right version."""
    script = (
        b"""mkdir -p "$4/bin" && printf '#!/bin/sh\necho v3.259.0\n' > "$4/bin/pulumi" && chmod 755 "$4/bin/pulumi"\n"""
    )

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(script)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        monkeypatch.setattr(pulumi_tools, "_INSTALLER", f"http://127.0.0.1:{site.server_port}/")
        serving = threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True)
        serving.start()
        yield script
        site.shutdown()
        serving.join()


def test_an_installer_that_somebody_trusts_by_its_digest_is_run(
    installer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(pulumi_tools.TRUSTED, hashlib.sha256(installer).hexdigest().upper())
    pulumi_tools._download(tmp_path / "made", VERSIONS, print)
    assert (tmp_path / "made" / "bin" / "pulumi").exists()


@pytest.mark.parametrize(
    ("trusted", "problem"),
    [
        pytest.param("", "nobody has said which to trust", id="none is trusted"),
        pytest.param("ab" * 32, "its SHA-256 is [0-9a-f]{64}, not abab", id="another is trusted"),
    ],
)
def test_no_other_installer_is_run(
    installer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: str, problem: str
) -> None:
    assert installer
    monkeypatch.setenv(pulumi_tools.TRUSTED, trusted)
    with pytest.raises(Failed, match=problem):
        pulumi_tools._download(tmp_path / "made", VERSIONS, print)
    assert not (tmp_path / "made").exists()


def test_a_missing_plugin_is_named(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "pulumi", "v3.259.0")
    tools = PulumiTools(path_entries=(tmp_path / "bin",), plugin_home=tmp_path / "home", way="by hand")
    with pytest.raises(InvalidInput, match=r"5\.5\.1 is not there"):
        pulumi_tools.check(tools, VERSIONS)


def test_plain_pulumi_is_led_to_these_tools() -> None:
    tools = PulumiTools(path_entries=(Path("/tools/bin"),), plugin_home=Path("/tools/home"), way="by hand")
    variables = tools.variables("/usr/bin")
    assert variables["PATH"] == "/tools/bin:/usr/bin"
    assert variables["PULUMI_HOME"] == "/tools/home"


def served(table: str) -> set[str]:
    """The `module/Name` of each line of one of main.go's maps."""
    block = re.search(rf"var {table} = map\[string\]string{{(.*?)^}}", MAIN_GO, re.DOTALL | re.MULTILINE)
    assert block is not None
    return set(re.findall(r':\s+"([a-z]+/[A-Za-z0-9]+)"', block[1]))


def declared(pattern: str) -> set[str]:
    """The `module/Name` of each type or function token in the installed package."""
    found: set[tuple[str, str]] = set()
    for file in pulumi_tools.python_package().rglob("*.py"):
        found |= set(re.findall(pattern, file.read_text(encoding="utf-8")))
    return {f"{module}/{name}" for module, name in found}


def test_every_resource_that_the_plugin_serves_is_one_of_the_package() -> None:
    known = declared(r"'openstack:(\w+)/\w+:([A-Z]\w+)'")
    assert len(served("resources")) > 60
    assert served("resources") - known == set()


def test_every_function_that_the_plugin_serves_is_one_of_the_package() -> None:
    known = declared(r"'openstack:(\w+)/\w+:(get\w+)'")
    assert len(served("functions")) > 15
    assert served("functions") - known == set()


@pytest.mark.parametrize("product", pulumi_from_go.products("3.259.0", "5.5.1"), ids=lambda product: product.module)
def test_every_source_of_a_build_is_pinned(product: pulumi_from_go.Product) -> None:
    folder = pulumi_from_go.SOURCES / product.module
    required = re.findall(
        r"^\s*(?:require )?(\S+\.\S+/\S+) (v\S+)", (folder / "go.mod").read_text(encoding="ascii"), re.MULTILINE
    )
    sums = (folder / "go.sum").read_text(encoding="ascii")
    replaced = set(re.findall(r"^replace (\S+)", (folder / "go.mod").read_text(encoding="ascii"), re.MULTILINE))
    assert required
    assert [name for name, version in required if name not in replaced and f"{name} {version}" not in sums] == []
