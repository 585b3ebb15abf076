"""Boot settings live here: the only reader of the environment, frozen once read."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, cast

from aigne_hub.base.hangup import read_drain


class BadSetting(Exception):
    """A setting cannot be used; the message is one sentence that names the variable."""


def _integer(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text) if re.fullmatch(r"-?\d{1,15}", text) else None
        if value is None or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return read


def _seconds(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text) else None
        if value is None or not low <= value <= high:
            raise ValueError(f"must be a number of seconds from {low:g} to {high:g}")
        return value

    return read


def _choice(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text.lower()

    return read


def _on_off(text: str) -> bool:
    words = {"on": True, "true": True, "1": True, "yes": True, "off": False, "false": False, "0": False, "no": False}
    if text.lower() not in words:
        raise ValueError("must be on or off")
    return words[text.lower()]


def _size(text: str) -> int:
    found = re.fullmatch(r"(\d{1,12})\s*(b|kb|mb|gb|tb)?", text.strip().lower())
    if not found:
        raise ValueError('must be a size such as "30 mb"')
    return int(found[1]) * {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}[found[2] or "b"]


def _bytes(text: str) -> int:
    size = _size(text)
    if not 1024 <= size <= 1 << 30:
        raise ValueError("must be a size from 1 kb to 1 gb")
    return size


def _space(text: str) -> int:
    size = _size(text)
    if not (size == 0 or 1 << 20 <= size <= 1 << 50):
        raise ValueError("must be 0, or a size from 1 mb to 1024 tb")
    return size


def _master_key(text: str) -> bytes:
    for decode in (bytes.fromhex, _base64):
        try:
            key = decode(text.strip())
        except (ValueError, binascii.Error):
            continue
        if len(key) == 32:
            return key
    raise ValueError("must be 32 random bytes in hex or base64, such as `openssl rand -hex 32` prints")


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _database_url(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise ValueError("must start with sqlite:///, postgresql:// or postgres://")
    return text


def _http_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", text):
        raise ValueError("must be an http:// or https:// address")
    return text.rstrip("/")


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError:
        raise ValueError("must be addresses such as 10.0.0.0/8, separated by commas") from None


def _smtp_url(text: str) -> str:
    if not re.fullmatch(r"smtps?://[^\s/?#]+/?\?from=[^\s&@]+@[^\s&]+", text):
        raise ValueError("must look like smtp://user:password@host:587/?from=hub@example.com")
    return text


def _bucket_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#:@]+:[^\s/?#:@]+@[^\s/?#@]+/[^\s?#]+(\?region=[\w-]+)?", text):
        raise ValueError("must look like https://KEY:SECRET@s3.example.com/bucket?region=eu-central-1")
    return text


def _setting(default: object, read: Callable[[str], Any], doc: str, *aliases: str, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"read": read, "doc": doc, "aliases": aliases})


@dataclass(frozen=True)
class ProviderKeys:
    """What the environment has for one provider: the values of its credentials, and where it is if that is said."""

    name: str
    values: tuple[Mapping[str, str], ...] = field(repr=False)
    base_url: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class Settings:
    """Every field is the environment variable HUB_<NAME>; docs/guide/settings.md lists them all."""

    host: str = _setting("127.0.0.1", str, "address to listen on")
    port: int = _setting(3030, _integer(0, 65535), "port to listen on", "BLOCKLET_PORT")
    data_dir: Path = _setting(Path("data"), Path, "directory of the database and the secret key", "BLOCKLET_DATA_DIR")
    database_url: str = _setting("", _database_url, "database; by default SQLite in the data directory", secret=True)
    secret_key: bytes | None = _setting(
        None,
        _master_key,
        "master key, 32 bytes in hex or base64; by default made once in the data directory",
        secret=True,
    )
    workers: int = _setting(1, _integer(1, 64), "worker processes")
    public_url: str = _setting("", _http_url, "address at which clients reach the hub, when it differs")
    log_level: str = _setting(
        "info", _choice("debug", "info", "warning", "error"), "lowest level that is logged; secrets are masked in all"
    )
    log_format: str = _setting("auto", _choice("auto", "json", "console"), "auto is console on a terminal, else json")
    body_limit: int = _setting(30 << 20, _bytes, "largest request body", "REQUEST_ENTITY_SIZE_LIMIT")
    body_s: float = _setting(60.0, _seconds(0.1, 3600), "seconds a caller may take to send its whole request")
    header_limit: int = _setting(64 << 10, _bytes, "largest request head: request line and headers")
    connect_s: float = _setting(10.0, _seconds(0.1, 300), "seconds to connect to a provider")
    first_byte_s: float = _setting(300.0, _seconds(0.1, 3600), "seconds a provider may take to begin its answer")
    idle_s: float = _setting(300.0, _seconds(0.1, 3600), "seconds a provider may pause within its answer")
    total_s: float = _setting(1500.0, _seconds(0.1, 86400), "seconds a provider may take for a whole answer")
    answer_limit: int = _setting(64 << 20, _bytes, "largest answer taken from a provider")
    drain_s: float = _setting(
        30.0,
        read_drain,
        "when a caller hangs up: cancel its call, read the provider on for a number of seconds, or to the end",
    )
    proxy: str = _setting("", _http_url, "HTTP proxy for calls to providers", "HTTPS_PROXY", "https_proxy", secret=True)
    private_upstreams: bool = _setting(
        True, _on_off, "whether a provider's address may be loopback or private; link-local and metadata never may"
    )
    check_models: bool = _setting(
        True, _on_off, "whether to refuse calls that a model, by what is known of it, surely cannot answer"
    )
    local_model: bool = _setting(True, _on_off, "whether to run the model that ships with the hub")
    stale_s: float = _setting(
        300.0, _seconds(1, 86400), "seconds that keys keep working from memory while the database is down"
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = _setting(
        (), _networks, "addresses of reverse proxies whose X-Forwarded-For is believed, separated by commas"
    )
    smtp_url: str = _setting(
        "",
        _smtp_url,
        "mail server for invitations and resets: smtp://user:password@host:587/?from=hub@example.com",
        secret=True,
    )
    files_s: float = _setting(86_400.0, _seconds(60, 366 * 86_400), "seconds for which a file that the hub keeps lasts")
    files_limit: int = _setting(5 << 30, _space, "room for all files that the hub keeps; 0 keeps none")
    files_s3: str = _setting(
        "",
        _bucket_url,
        "S3-compatible bucket for files, instead of the data directory: https://KEY:SECRET@host/bucket?region=…",
        secret=True,
    )
    server_timing: bool = _setting(
        False, _on_off, "whether answers tell callers where their time went, by Server-Timing", "ENABLE_SERVER_TIMING"
    )
    stop_s: float = _setting(30.0, _seconds(0, 3600), "seconds that running calls may finish in when the hub stops")
    # Not HUB_ variables, but those that the reference names (contract 6.1).
    provider_keys: tuple[ProviderKeys, ...] = field(default=(), repr=False)

    @property
    def database(self) -> str:
        """The database URL, with its default filled in."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'hub.db').absolute()}"


def variable(name: str) -> str:
    """The environment variable of a field."""
    return "HUB_" + name.upper()


def read_settings(environment: Mapping[str, str] | None = None, **overrides: str | None) -> Settings:
    """Settings from `environment` (the process's own by default), overridden by command-line texts.

    Raises BadSetting at the first value that cannot be used. An empty value counts as absent.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    for one in fields(Settings):
        if not one.metadata:
            continue
        names = (variable(one.name), *cast("tuple[str, ...]", one.metadata["aliases"]))
        found = [(name, environment[name]) for name in names if environment.get(name)]
        given = overrides.get(one.name)
        if given is not None:
            found.insert(0, (f"--{one.name.replace('_', '-')}", given))
        if not found:
            continue
        name, text = found[0]
        try:
            values[one.name] = one.metadata["read"](text)
        except ValueError as error:
            raise BadSetting(f"{name} {error}") from None
    values["provider_keys"] = _provider_keys(environment)
    return Settings(**cast("dict[str, Any]", values))


_KEYS = {
    "openai": "OPENAI_API_KEY",
    "google": "GEMINI_API_KEY",
    "openrouter": "OPEN_ROUTER_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "ollama": "OLLAMA_API_KEY",
    "xai": "XAI_API_KEY",
    "doubao": "DOUBAO_API_KEY",
    "poe": "POE_API_KEY",
    "ideogram": "IDEOGRAM_API_KEY",
}
_URLS = {"openai": "OPENAI_BASE_URL", "anthropic": "ANTHROPIC_BASE_URL", "ollama": "OLLAMA_BASE_URL"}
_MOST_KEYS = 100


def _provider_keys(environment: Mapping[str, str]) -> tuple[ProviderKeys, ...]:
    """The keys that the reference takes from the environment. Raises BadSetting for what can be no key."""
    found = []
    for name, variable_ in _KEYS.items():
        if keys := _listed(environment, variable_):
            base_url = environment.get(_URLS.get(name, ""), "").strip() or None
            found.append(ProviderKeys(name, tuple([{"api_key": key} for key in keys]), base_url))
    ids, secrets = _listed(environment, "AWS_ACCESS_KEY_ID"), _listed(environment, "AWS_SECRET_ACCESS_KEY")
    regions = _listed(environment, "AWS_REGION")
    if ids and secrets and regions:
        pairs = [
            {"access_key_id": id_, "secret_access_key": secret} for id_, secret in zip(ids, secrets, strict=False)
        ]  # fmt: skip
        found.append(ProviderKeys("bedrock", tuple(pairs), region=regions[0]))
    return tuple(found)


def _listed(environment: Mapping[str, str], name: str) -> list[str]:
    """What stands between the commas of a variable."""
    found = [one.strip() for one in environment.get(name, "").split(",") if one.strip()]
    if len(found) > _MOST_KEYS or not re.fullmatch("[!-~]*", "".join(found)):
        raise BadSetting(f"{name} must be at most {_MOST_KEYS} keys of visible ASCII characters, separated by commas")
    return found


def pass_on(**texts: str | None) -> None:
    """Write command-line texts into this process's environment, so that worker processes read the same."""
    os.environ.update({variable(name): text for name, text in texts.items() if text is not None})
