"""Trying a credential at its provider lives here: one small live call, and the list of models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, Failure, HubError, UpstreamFailed
from aigne_hub.catalog.entries import Provider
from aigne_hub.catalog.google_tokens import ask_token
from aigne_hub.catalog.kinds import kind_of
from aigne_hub.dialects.bedrock_converse.dialect import BedrockConverse
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.call import Kind
from aigne_hub.dialects.chat import Chat, Message, Role, Text
from aigne_hub.dialects.ideogram import Ideogram
from aigne_hub.dialects.openai_errors import error_of_answer
from aigne_hub.dialects.pairing import hello
from aigne_hub.outbound import Client, Limits, Origin
from aigne_hub.providers.google_account import VERTEX, ServiceAccount, account_of, vertex_path
from aigne_hub.providers.known import credential_headers, dialects_of, keying_of, quirks_of
from aigne_hub.providers.rows import KNOWN, Keying
from aigne_hub.providers.sigv4 import signer_of

_LIMITS = Limits(connect_s=10, first_byte_s=30, idle_s=30, total_s=60, answer_bytes=4 << 20)
_MOST_MODELS = 2000
_HELLO_TOKENS = 16  # the least that OpenAI's Responses take
# The first one's list is at another address, and under other rights; the second has none.
_LISTLESS = frozenset({BedrockConverse.name, Ideogram.name})


class _ListedModel(msgspec.Struct):
    id: str


class _ModelList(msgspec.Struct):
    data: list[_ListedModel]


class _GoogleModel(msgspec.Struct):
    name: str  # models/NAME


class _GoogleModelList(msgspec.Struct):
    """https://ai.google.dev/api/models#method:-models.list"""

    models: list[_GoogleModel]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a provider said of a good credential: the models it lists, empty when it lists none."""

    models: list[tuple[str, Kind]]


class CredentialCheck:
    """Asks a provider whether it takes a credential."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def check(self, provider: Provider, value: Mapping[str, str], *, test_model: str | None = None) -> Checked:
        """Raises BadRequest with the provider's reason when the credential does not work there.

        `value` has an `api_key`, an `access_key_id` with its `secret_access_key`, or a `service_account`.
        A provider that lists its models is asked for the list; else, or when a model is given, the
        model is asked to say hello, or to draw (contract 5.2).
        """
        model = test_model or (KNOWN[provider.name].test_model if provider.name in KNOWN else None)
        try:
            listed = await self._list(provider, value)
            if test_model is not None or not listed:
                await self._say_hello(provider, value, model or (listed[0][0] if listed else None))
        except HubError as error:
            raise BadRequest(_reason(provider, error), code="credential_invalid", param="value") from error
        return Checked(listed)

    async def _list(self, provider: Provider, value: Mapping[str, str]) -> list[tuple[str, Kind]]:
        if spoken_by(provider)[0] in _LISTLESS or provider.name == VERTEX:
            return []
        is_google = spoken_by(provider)[0].startswith("gemini")
        path = b"/models?pageSize=1000" if is_google else b"/models"
        status, body = await self._exchange(provider, value, b"GET", path)
        if status in (404, 405, 501):  # the provider keeps no list
            return []
        if status != 200:
            raise error_of_answer(status, body, None)
        try:
            names = _google_names(body) if is_google else _names(body)
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "its list of models cannot be read") from error
        return [(name, kind_of(name)) for name in names[:_MOST_MODELS]]

    async def _say_hello(self, provider: Provider, value: Mapping[str, str], model: str | None) -> None:
        if model is None:
            raise BadRequest("name a test model: the provider lists none", param="testModel")
        chat = Chat((Message(Role.user, (Text("Hello, world!"),)),), max_output=_HELLO_TOKENS)
        asked = hello(chat, spoken_by(provider), model, quirks_of(provider.name))
        kind = asked.content_type or b"application/json"
        status, answer = await self._exchange(provider, value, b"POST", asked.path, asked.body, kind)
        if status != 200:
            raise error_of_answer(status, answer, None)

    async def _exchange(
        self,
        provider: Provider,
        value: Mapping[str, str],
        method: bytes,
        path: bytes,
        body: bytes = b"",
        content_type: bytes | None = None,
    ) -> tuple[int, bytes]:
        origin, base_path = Origin.parse(provider.base_url)
        account = account_of(value)
        if provider.name == VERTEX:
            base_path = vertex_path(base_path, provider.region, account)
        whole_path = base_path.encode("ascii") + path
        headers = [(b"user-agent", b"aigne-hub")]
        signer = signer_of(value, provider.region, origin.host)
        if signer is not None:
            host, now_s = origin.host_header.decode("ascii"), self._clock.now_ms() / 1000
            headers += signer.headers(method.decode("ascii"), host, whole_path.decode("ascii"), body, now_s)
        else:
            headers += await self._shown(provider, value, account)
            headers += [] if content_type is None else [(b"content-type", content_type)]
        exchange = await self._client.send(origin, method, whole_path, headers, body, _LIMITS)
        try:
            return exchange.status, await exchange.read()
        finally:
            exchange.close()

    async def _shown(
        self, provider: Provider, value: Mapping[str, str], account: ServiceAccount | None
    ) -> tuple[tuple[bytes, bytes], ...]:
        """The headers that show the credential; a token is asked for anew, whatever another one is still good for."""
        if account is not None:
            token = await ask_token(self._client, self._clock, account)
            return credential_headers(Keying.bearer, token.value)
        return credential_headers(keying_of(provider.name, spoken_by(provider)), value.get("api_key", ""))


def _names(body: bytes) -> list[str]:
    return [model.id for model in msgspec.json.decode(body, type=_ModelList).data]


def _google_names(body: bytes) -> list[str]:
    return [model.name.removeprefix("models/") for model in msgspec.json.decode(body, type=_GoogleModelList).models]


def spoken_by(provider: Provider) -> tuple[str, ...]:
    return provider.dialects or dialects_of(provider.name)


def _reason(provider: Provider, error: HubError) -> str:
    if isinstance(error, UpstreamFailed) and error.kind is Failure.credential:
        return f"{provider.display_name} refused the credential (status {error.upstream_status})"
    return f"{provider.display_name} could not be asked: {error.message}"
