"""A hub in use, for pages that are looked at: it has an owner, keys, people, services, clients and a long journal."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from playwright.sync_api import Page

from aigne_hub.api.callers import CSRF_HEADER, SESSION_COOKIE
from tests.browser.test_first_run import PASSWORD, set_up_link
from tests.serving_process import ServingHub, serving_hub

CALLBACK = "http://127.0.0.1:9/callback"
VERIFIER = "keyboard-" * 6


@dataclass(frozen=True)
class Inhabited:
    """The owner is Olga; `api` asks in her name."""

    hub: ServingHub
    api: httpx.Client

    @property
    def url(self) -> str:
        return self.hub.url

    def opened(self, person: Callable[..., Page]) -> Page:
        """A browser in which Olga is signed in."""
        page = person(self.url)
        page.emulate_media(reduced_motion="reduce")
        page.context.add_cookies([{"name": SESSION_COOKIE, "value": self.api.cookies[SESSION_COOKIE], "url": self.url}])
        return page

    def post(self, path: str, **body: Any) -> Any:
        answer = self.api.post(path, json=body)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    def paths(self, pages: tuple[str, ...]) -> list[str]:
        """The pages, and those that need something of this hub in their address."""
        service = self.api.get("/api/users", params={"kind": "service"}).json()["list"][0]["id"]
        return [
            *(page for page in pages if page not in ("/sign-in", "/forgot")),
            "/users?tab=invitations",
            f"/service-accounts/{service}/keys",
            "/device",
            self.consent_page(),
            self.connect_page(),
        ]

    def consent_page(self) -> str:
        """The address by which an application asks Olga."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.client(), "redirect_uri": CALLBACK, "scope": "inference",
            "state": "s1", "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return "/oauth/authorize?" + urlencode(asked)

    def client(self) -> str:
        """The id of an application that people and devices may allow."""
        clients = self.api.get("/api/oauth-clients").json()["list"]
        found: str = next(one["clientId"] for one in clients if one["name"] == "Notebook")
        return found

    def device_code(self) -> str:
        """What a device shows."""
        answer = httpx.post(f"{self.url}/oauth/device_authorization", data={"client_id": self.client()})
        found: str = answer.json()["user_code"]
        return found

    def connect_page(self) -> str:
        """The address that a published client opens."""
        sid = httpx.post(f"{self.url}/.well-known/service/api/access-key/session").json()["id"]
        asked = {"__token__": base64.urlsafe_b64encode(sid.encode()).decode(), "appName": "Terminal", "source": "cli"}
        return "/.well-known/service/gen-simple-access-key?" + urlencode(asked)


@contextmanager
def inhabited(data_dir: Path) -> Iterator[Inhabited]:
    """Serves the hub until the end of the block."""
    with serving_hub(data_dir) as hub, httpx.Client(base_url=hub.url) as api:
        token = set_up_link(hub).partition("#token=")[2]
        owner = {"name": "Olga Owner", "email": "olga@example.com", "password": PASSWORD}
        answer = api.post("/api/auth/links/redeem", json={"token": token, **owner})
        assert answer.is_success, answer.text
        api.headers[CSRF_HEADER] = api.get("/api/auth/session").json()["csrfToken"]
        lived_in = Inhabited(hub, api)
        _move_in(lived_in)
        yield lived_in


def _move_in(hub: Inhabited) -> None:
    for name in ("Website chat", "Nightly job"):
        hub.post("/api/access-keys", name=name, role="member")
    hub.post("/api/users", kind="service", name="Reports", role="member")
    hub.post("/api/invitations", email="ann@example.com", role="member")
    grants = ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"]
    scopes = ["inference", "models.read"]
    hub.post(
        "/api/oauth-clients", name="Notebook", isPublic=True, redirectUris=[CALLBACK], grants=grants, scopes=scopes
    )
