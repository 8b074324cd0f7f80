"""The OpenID provider of role `identity`, over TLS, asked by a client that somebody else wrote (Authlib)."""

import importlib
import json
import sqlite3
import ssl
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from authlib.integrations.starlette_client import OAuth  # type: ignore[import-untyped]
from starlette.requests import Request

from lab.hosts import authority, credentials
from lab.params import LabParams

REPOSITORY = Path(__file__).parents[2]
FOLDERS = (REPOSITORY / "playbooks/roles/identity/files", REPOSITORY / "lab/hosts/inside")
PASSWORD, SECRET, VERIFIER = "s3same & more", "of the portal", "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PORTAL = "https://www.example.test/signed-in"


@pytest.fixture(scope="module")
def modules() -> Iterator[SimpleNamespace]:
    """The programs of a host, which find each other beside themselves."""
    with pytest.MonkeyPatch.context() as patch:
        for folder in FOLDERS:
            patch.syspath_prepend(str(folder))
        yield SimpleNamespace(
            **{name: importlib.import_module(name) for name in ("people", "codes", "provider", "identity")}
        )


@dataclass(frozen=True, kw_only=True)
class Running:
    issuer: str
    trust: ssl.SSLContext
    password: str

    def asks(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        with httpx.Client(verify=self.trust, trust_env=False) as client:
            return client.request(method, self.issuer + path, **more)

    def wants(self, **other: str) -> str:
        """The path to which a client sends a browser."""
        asked = {
            "response_type": "code",
            "client_id": "portal",
            "redirect_uri": PORTAL,
            "scope": "openid",
            "state": "s",
        }
        asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"} | other
        return "/authorize?" + urlencode({name: value for name, value in asked.items() if value})

    def code(self, **other: str) -> str:
        form = {"name": "probe", "password": self.password}
        answer = self.asks("POST", self.wants(**other), data=form)
        assert answer.status_code == 302, answer.text
        told = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        assert told["state"] == "s"
        return told["code"]

    def redeems(self, code: str, secret: str = SECRET, **other: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": PORTAL, "code_verifier": VERIFIER}
        return self.asks("POST", "/token", data=form | other, auth=("portal", secret))


@pytest.fixture(scope="module")
def running(modules: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """With what the lab gives such a host, and one client more, which has a secret."""
    root = tmp_path_factory.mktemp("identity") / "lab"
    params = LabParams(name="t", root=root, base_port=17_480, base_address=IPv4Address("127.1.2.0"))
    root.mkdir()
    authority.make(params)
    credentials.make(params)
    own = root / "own"
    own.mkdir()
    for one in credentials.files(params, ["identity"]):
        name = {"people": "people", "oidc-clients": "clients", "oidc-key.pem": "key.pem"}[Path(one["path"]).name]
        (own / name).write_text(one["content"])
        assert one["permissions"] == "0600"
    clients = json.loads((own / "clients").read_text())
    clients["portal"] = {"redirects": [PORTAL], "secret": modules.people.hashed(SECRET)}
    (own / "clients").write_text(json.dumps(clients))
    issued = authority.issue(params, authority.Identity(common="identity", names=(), addresses=("127.0.0.1",)))
    (own / "chain").write_text(issued.chain + issued.key)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(own / "chain")
    told = {"service": "identity", "site": "datacentre", "server": "identity-1"}
    with modules.identity.Identity(("127.0.0.1", 0), told, tls) as server:
        known = modules.identity.known(own, "127.0.0.1", server.server_address[1])
        server.provider = modules.provider.Provider(known, modules.codes.InMemory())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield Running(
                issuer=known.issuer,
                trust=ssl.create_default_context(cadata=issued.trust),
                password=credentials.password(params).read_text(),
            )
        finally:
            server.shutdown()
            thread.join()


def request(session: dict[str, Any], query: str = "") -> Request:
    """Of a browser, to the client's own page."""
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": query.encode(),
            "headers": [],
            "session": session,
        }
    )


async def test_a_client_of_another_hand_finds_the_provider_and_learns_who_logged_in(running: Running) -> None:
    oauth, session = OAuth(), dict[str, Any]()
    client = oauth.register(
        "city",
        client_id=credentials.CLIENT,
        server_metadata_url=f"{running.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "none",
            "verify": running.trust,
            "trust_env": False,
        },
    )
    sent = await client.authorize_redirect(request(session), credentials.REDIRECT)
    path = sent.headers["Location"].removeprefix(running.issuer)
    page = running.asks("GET", path)
    assert page.status_code == 200 and 'lang="el"' in page.text and 'type="password"' in page.text
    back = running.asks("POST", path, data={"name": "probe", "password": running.password})
    assert back.headers["Location"].startswith(credentials.REDIRECT)
    token = await client.authorize_access_token(request(session, urlsplit(back.headers["Location"]).query))
    claims = token["userinfo"]
    assert (claims["iss"], claims["sub"], claims["aud"]) == (running.issuer, "probe", credentials.CLIENT)
    assert claims["nonce"] and claims["at_hash"] and claims["exp"] - claims["iat"] == token["expires_in"] == 600
    assert dict(await client.userinfo(token=token)) == {"sub": "probe", "name": "Probe"}
    assert "refresh_token" not in token


def test_a_code_is_good_once_and_for_its_client_alone(running: Running) -> None:
    code = running.code()
    first = running.redeems(code)
    assert first.status_code == 200 and first.headers["Cache-Control"] == "no-store"
    assert running.redeems(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"redirect_uri": f"{PORTAL}/"}, "invalid_request"),
        ({"secret": "guessed"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_who_asks_for_a_token_has_to_be_the_client_that_asked_for_the_code(
    running: Running, other: dict[str, str], error: str
) -> None:
    answer = running.redeems(running.code(), **other)
    assert answer.status_code in {400, 401} and answer.json()["error"] == error


@pytest.mark.parametrize(
    "other",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://www.example.test.evil.example/"},
        {"redirect_uri": ""},
    ],
)
def test_a_browser_is_sent_back_to_nobody_who_is_not_known(running: Running, other: dict[str, str]) -> None:
    for method in ("GET", "POST"):
        answer = running.asks(method, running.wants(**other), data={"name": "probe", "password": running.password})
        assert answer.status_code in {400, 401} and "Location" not in answer.headers, other


@pytest.mark.parametrize(
    "other",
    [
        {"code_challenge": "", "code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"scope": "openid admin"},
        {"scope": "profile"},
        {"response_type": "token"},
    ],
)
def test_what_is_less_than_a_code_with_pkce_for_an_identity_is_refused(running: Running, other: dict[str, str]) -> None:
    assert running.asks("GET", running.wants(**other)).status_code == 400
    answer = running.asks("POST", running.wants(**other), data={"name": "probe", "password": running.password})
    assert "code=" not in answer.headers.get("Location", "")


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(
    running: Running, modules: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = list[float]()
    monkeypatch.setattr(modules.identity.time, "sleep", waits.append)
    wrong, unknown = (
        running.asks("POST", running.wants(), data={"name": name, "password": "x"}) for name in ("probe", "nobody")
    )
    assert wrong.status_code == unknown.status_code == 403
    assert wrong.text == unknown.text and 'role="alert"' in wrong.text
    assert waits == [1.0, 1.0], "so that nobody tries many"


@pytest.mark.parametrize("token", ["x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwcm9iZSJ9."])
def test_a_token_that_the_provider_did_not_sign_opens_nothing(running: Running, token: str) -> None:
    answer = running.asks("GET", "/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401 and "probe" not in answer.text


def test_an_id_token_is_no_access_token(running: Running) -> None:
    token = running.redeems(running.code()).json()
    for kind, status in (("access_token", 200), ("id_token", 401)):
        answer = running.asks("GET", "/userinfo", headers={"Authorization": f"Bearer {token[kind]}"})
        assert answer.status_code == status, kind


def test_it_answers_beside_that_as_an_application_does(running: Running) -> None:
    assert running.asks("GET", "/readyz").json()["server"] == "identity-1"
    assert running.asks("GET", "/nothing").status_code == 404


class Database:
    """In the place of the application's connection: SQLite, whose marks of parameters are others."""

    def __init__(self) -> None:
        self._line = sqlite3.connect(":memory:")

    def do(self, action: Any) -> Any:  # noqa: ANN401 - whatever it returns
        with self._line:
            cursor = self._line.cursor()
            told = SimpleNamespace(
                execute=lambda query, values=(): cursor.execute(query.replace("%s", "?"), values),
                fetchone=cursor.fetchone,
            )
            return action(told)

    def close(self) -> None:
        self._line.close()


@pytest.mark.parametrize("kind", ["InMemory", "InDatabase"])
def test_codes_are_kept_as_digests_for_a_minute(
    modules: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(modules.codes, "time", SimpleNamespace(time=lambda: clock.now))
    database = Database()
    codes = modules.codes.InDatabase(database) if kind == "InDatabase" else modules.codes.InMemory()
    assert codes.take("one") is None
    codes.keep("one", {"person": "probe"})
    codes.keep("late", {"person": "probe"})
    if kind == "InDatabase":
        rows = database.do(lambda cursor: cursor.execute("select * from codes").fetchall())
        assert len(rows) == 2 and "one" not in repr(rows)
    assert codes.take("one") == {"person": "probe"}
    assert codes.take("one") is None
    clock.now += 61
    assert codes.take("late") is None
    database.close()


@pytest.mark.parametrize(
    ("text", "said"), [("probe\n", "people:1"), ("a:scrypt$1:b\nb:secret:c\n", "people:2"), (":scrypt$:x", "people:1")]
)
def test_a_line_that_is_no_person_is_named(modules: SimpleNamespace, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "people").write_text(text)
    with pytest.raises(ValueError, match=said):
        modules.people.people(tmp_path / "people")


@pytest.mark.parametrize("text", ["[]", '{"portal": []}', '{"portal": {}}', "{"])
def test_a_file_that_declares_no_client_is_refused(modules: SimpleNamespace, tmp_path: Path, text: str) -> None:
    (tmp_path / "clients").write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own, or ours
        modules.people.clients(tmp_path / "clients")
