"""Runs on a host of the role `identity`: an OpenID provider over HTTPS, in the server of the role `application`.

    GET  /.well-known/openid-configuration    what it offers
    GET  /jwks                                the key by which its tokens are judged
    GET  /authorize?...                       a page that asks for name and password
    POST /authorize?...                       who they are; back to the client with a code
    POST /token                               id token and access token for the code
    GET  /userinfo                            who the access token is about

/healthz, /readyz and what else an application answers are as in the role `application`.
"""

import html
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from application import Answers, Application, made
from codes import InDatabase, InMemory
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from oauthlib.oauth2 import OAuth2Error
from people import NOBODY, clients, is_password, people
from provider import PATHS, Known, Provider

FOLDER = Path("/run/identity")
_LARGEST, _HTTPS = 16 * 1024, 443
_OK, _BAD, _FORBIDDEN, _TOO_LARGE, _UNAVAILABLE = 200, 400, 403, 413, 503
_BETWEEN_TRIES_S = 1.0
_PAGE = """<!doctype html>
<html lang="el"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Σύνδεση</title>
<h1>Σύνδεση</h1>
{said}<form method="post">
<p><label>Όνομα χρήστη <span lang="en">(user name)</span><br>
<input name="name" autocomplete="username" required></label>
<p><label>Κωδικός <span lang="en">(password)</span><br>
<input name="password" type="password" autocomplete="current-password" required></label>
<p><button>Σύνδεση <span lang="en">(log in)</span></button>
</form>
</html>
"""
_WRONG = '<p role="alert">Λάθος όνομα ή κωδικός. <span lang="en">Wrong name or password.</span></p>\n'


class Logins(Answers):
    """One client."""

    server: "Identity"

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        path = urlsplit(self.path).path
        provider = self.server.provider
        if path == "/.well-known/openid-configuration":
            self._tell(_OK, provider.described())
        elif path == "/jwks":
            self._tell(_OK, {"keys": [provider.known.jwk]})
        elif path == f"/{PATHS['authorization']}":
            self._unless_refused(self._ask)
        elif path == f"/{PATHS['userinfo']}":
            self._tell_about()
        else:
            super().do_GET()

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        path = urlsplit(self.path).path
        if path not in {f"/{PATHS['authorization']}", f"/{PATHS['token']}", f"/{PATHS['userinfo']}"}:
            super().do_POST()
            return
        self.close_connection = True
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LARGEST:
            self._say(_TOO_LARGE, "The form has to be short, with its Content-Length.\n", "text/plain; charset=utf-8")
            return
        body = self.rfile.read(int(length)).decode(errors="replace")
        try:
            self._posted(path, body)
        except self.server.unavailable as error:
            self._tell(_UNAVAILABLE, {"error": "temporarily_unavailable", "error_description": str(error)})

    def _posted(self, path: str, body: str) -> None:
        provider = self.server.provider
        if path == f"/{PATHS['authorization']}":
            self._unless_refused(lambda: self._log_in(body))
        elif path == f"/{PATHS['token']}":
            self._answer(provider.create_token_response(self._uri, "POST", body, dict(self.headers)))
        else:
            self._tell_about(body)

    def _unless_refused(self, action: Callable[[], None]) -> None:
        """Nobody is asked for a password before the client, and what it wants, are known to be good."""
        try:
            self.server.provider.validate_authorization_request(self._uri)
        except OAuth2Error as error:
            text = html.escape(error.description or error.error)
            self._say(_BAD, f"<!doctype html><title>-</title><p>{text}\n", "text/html; charset=utf-8")
        else:
            action()

    def _ask(self, said: str = "", status: int = _OK) -> None:
        self._say(status, _PAGE.format(said=said), "text/html; charset=utf-8")

    def _log_in(self, body: str) -> None:
        form = {name: values[0] for name, values in parse_qs(body).items()}
        person = self.server.provider.known.people.get(form.get("name", ""), NOBODY)
        if not is_password(person.password, form.get("password", "")) or person is NOBODY:
            time.sleep(_BETWEEN_TRIES_S)
            self._ask(_WRONG, _FORBIDDEN)
            return
        self._answer(
            self.server.provider.create_authorization_response(self._uri, "POST", credentials={"user": person.name})
        )

    def _tell_about(self, body: str | None = None) -> None:
        """The person of an access token; how a token is refused is oauthlib's (RFC 6750, 3)."""
        try:
            formed = self.server.provider.create_userinfo_response(self._uri, "POST", body, dict(self.headers))
        except OAuth2Error as error:
            formed = error.headers, error.json, error.status_code
        self._answer(formed)

    @property
    def _uri(self) -> str:
        """As the client wrote it: what is asked of another host's name is no matter of ours."""
        return f"{self.server.provider.known.issuer}{self.path}"

    def _answer(self, formed: "tuple[dict[str, str], str | None, int]") -> None:
        headers, body, status = formed
        told = (body or "").encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
        self.send_header("Referrer-Policy", "no-referrer")
        if urlsplit(self.path).path != f"/{PATHS['token']}":
            self.send_header("Cache-Control", "no-store")  # of a token oauthlib says it
        super().end_headers()


class Identity(Application):
    answers = Logins
    provider: Provider


def known(folder: Path, fqdn: str, port: int) -> Known:
    """Raises ValueError for files that are not as they should be."""
    key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
    return Known(
        issuer=f"https://{fqdn}" + ("" if port == _HTTPS else f":{port}"),
        key=key,  # type: ignore[arg-type]  # RSA: whoever makes it says so
        people=people(folder / "people"),
        clients=clients(folder / "clients"),
    )


def main() -> None:
    try:
        told = known(FOLDER, os.environ["FQDN"], int(os.environ["PORT"]))
    except (KeyError, OSError, ValueError) as error:
        sys.exit(f"identity: {error}")
    with made(Identity, os.environ) as server:
        server.provider = Provider(told, InDatabase(server.marks) if server.marks else InMemory())
        server.serve_forever(poll_interval=3600)


if __name__ == "__main__":
    main()
