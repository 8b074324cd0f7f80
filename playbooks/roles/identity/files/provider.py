"""An OpenID provider (OpenID Connect Core 1.0) of one flow: a code, with PKCE by S256 (RFC 7636), for an id token.

oauthlib judges the requests and forms the answers. What is ours is here: who is known, what is kept, what is signed.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from codes import Codes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from oauthlib.oauth2.rfc6749.endpoints import AuthorizationEndpoint, TokenEndpoint
from oauthlib.oauth2.rfc6749.grant_types.authorization_code import code_challenge_method_s256
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.openid import RequestValidator
from oauthlib.openid.connect.core.endpoints.userinfo import UserInfoEndpoint
from oauthlib.openid.connect.core.grant_types import AuthorizationCodeGrant
from people import Client, Person, is_password

SCOPES = ("openid", "profile")
TOKEN_LASTS_S = 600
_ALGORITHM = "RS256"
Request = Any
"""oauthlib's: whatever its parameters are."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a provider is told: its own name, its key, whom it knows."""

    issuer: str
    key: RSAPrivateKey
    people: Mapping[str, Person]
    clients: Mapping[str, Client]

    @property
    def jwk(self) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        members = {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
        thumbprint = hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
        return {**members, "use": "sig", "alg": _ALGORITHM, "kid": _text(thumbprint)}

    def signed(self, kind: str, claims: Mapping[str, Any]) -> str:
        head = {"kid": self.jwk["kid"], "typ": kind}
        return str(jwt.encode(dict(claims), self.key, _ALGORITHM, headers=head))


class Provider(AuthorizationEndpoint, TokenEndpoint, UserInfoEndpoint):
    """Of oauthlib's endpoints those three that this flow needs."""

    def __init__(self, known: Known, codes: Codes) -> None:
        validator = Validator(known, codes)
        grant = AuthorizationCodeGrant(request_validator=validator, refresh_token=False)
        grant.proxy_target._code_challenge_methods = {"S256": code_challenge_method_s256}  # noqa: SLF001 - no `plain`
        bearer = BearerToken(validator, validator.access_token, TOKEN_LASTS_S)
        AuthorizationEndpoint.__init__(self, "code", bearer, {"code": grant})
        TokenEndpoint.__init__(self, "authorization_code", bearer, {"authorization_code": grant})
        UserInfoEndpoint.__init__(self, validator)
        self.known = known

    def described(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0, 3."""
        issuer = self.known.issuer
        return {
            "issuer": issuer,
            **{f"{name}_endpoint": f"{issuer}/{path}" for name, path in PATHS.items()},
            "jwks_uri": f"{issuer}/jwks",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [_ALGORITHM],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": ["sub", "name", "auth_time"],
        }


PATHS = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}


class Validator(RequestValidator):  # type: ignore[misc]  # oauthlib ships without types
    """oauthlib's questions; each method's name is oauthlib's."""

    def __init__(self, known: Known, codes: Codes) -> None:
        super().__init__()
        self._known, self._codes = known, codes

    def validate_client_id(self, client_id: str, request: Request) -> bool:
        request.client = self._known.clients.get(client_id)
        return request.client is not None

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, _request: Request) -> bool:
        return redirect_uri in self._known.clients[client_id].redirects

    def get_default_redirect_uri(self, _client_id: str, _request: Request) -> None:
        """None: a client says where it wants to be answered."""

    def validate_response_type(self, _client: str, response_type: str, _of: object, _request: Request) -> bool:
        return response_type == "code"

    def get_default_scopes(self, _client_id: str, _request: Request) -> list[str]:
        return ["openid"]

    def validate_scopes(self, _client_id: str, scopes: list[str], _client: object, _request: Request) -> bool:
        return "openid" in scopes and set(scopes) <= set(SCOPES)

    def validate_user_match(self, hint: str, _scopes: object, _claims: object, _request: Request) -> bool:
        """Whoever is there says who that is, each time anew: nobody is remembered whom a client could hint at."""
        return not hint

    def validate_silent_authorization(self, _request: Request) -> bool:
        return False

    def validate_silent_login(self, _request: Request) -> bool:
        return False

    def is_pkce_required(self, _client_id: str, _request: Request) -> bool:
        return True

    def save_authorization_code(self, client_id: str, code: Mapping[str, str], request: Request) -> None:
        kept = {"client": client_id, "person": request.user, "redirect": request.redirect_uri, "nonce": request.nonce}
        kept |= {"scopes": request.scopes, "challenge": request.code_challenge, "at": int(time.time())}
        self._codes.keep(code["code"], kept)

    def client_authentication_required(self, request: Request) -> bool:
        client = self._known.clients.get(request.client_id or _basic(request)[0])
        return client is None or bool(client.secret)

    def authenticate_client(self, request: Request) -> bool:
        name, secret = _basic(request)
        name, secret = name or request.client_id or "", secret or request.client_secret or ""
        request.client = client = self._known.clients.get(name)
        request.client_id = name
        return client is not None and bool(client.secret) and is_password(client.secret, secret)

    def authenticate_client_id(self, client_id: str, request: Request) -> bool:
        request.client = client = self._known.clients.get(client_id)
        return client is not None and not client.secret

    def validate_grant_type(self, _client_id: str, grant: str, _client: object, _request: Request) -> bool:
        return grant == "authorization_code"

    def validate_code(self, client_id: str, code: str, _client: object, request: Request) -> bool:
        """Whoever shows a code has used it up, however this ends."""
        kept = self._codes.take(code)
        if kept is None or kept["client"] != client_id:
            return False
        request.kept = kept
        request.user, request.scopes = kept["person"], kept["scopes"]
        return True

    def confirm_redirect_uri(self, _client: str, _code: str, uri: str, _of: object, request: Request) -> bool:
        return bool(uri == request.kept["redirect"])

    def get_code_challenge(self, _code: str, request: Request) -> str:
        return str(request.kept["challenge"])

    def get_code_challenge_method(self, _code: str, _request: Request) -> str:
        return "S256"

    def get_authorization_code_nonce(self, _client: str, _code: str, _uri: str, request: Request) -> Any:  # noqa: ANN401
        return request.kept["nonce"]

    def invalidate_authorization_code(self, _client_id: str, _code: str, _request: Request) -> None:
        """It was, when it was shown."""

    def save_bearer_token(self, _token: object, _request: Request) -> None:
        """None is kept: a token is good by its signature, until its time is over."""

    def get_id_token(self, _token: object, _handler: object, _request: Request) -> None:
        """None: oauthlib begins it, and `finalize_id_token` signs it."""

    def finalize_id_token(self, begun: dict[str, Any], _token: object, _handler: object, request: Request) -> str:
        return self._known.signed("JWT", {**begun, **self._claims(request), "auth_time": request.kept["at"]})

    def access_token(self, request: Request) -> str:
        claims = {**self._claims(request), "aud": self._known.issuer, "client_id": request.client_id}
        return self._known.signed("at+jwt", {**claims, "scope": " ".join(request.scopes), "jti": secrets.token_hex(8)})

    def _claims(self, request: Request) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self._known.issuer, "sub": request.user, "iat": now, "exp": now + TOKEN_LASTS_S}

    def validate_bearer_token(self, token: str, scopes: list[str] | None, request: Request) -> bool:
        try:
            told = jwt.decode(
                token or "",
                self._known.key.public_key(),
                [_ALGORITHM],
                audience=self._known.issuer,
                issuer=self._known.issuer,
            )
        except jwt.InvalidTokenError:
            return False
        request.user, request.scopes = told["sub"], told["scope"].split()
        return set(scopes or ()) <= set(request.scopes) and request.user in self._known.people

    def get_userinfo_claims(self, request: Request) -> dict[str, str]:
        named = {"name": self._known.people[request.user].full_name} if "profile" in request.scopes else {}
        return {"sub": request.user, **named}


def _basic(request: Request) -> tuple[str, str]:
    """Name and secret of RFC 6749, 2.3.1; empty where there are none."""
    kind, _, told = (request.headers.get("Authorization") or "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(told, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return name, secret


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
