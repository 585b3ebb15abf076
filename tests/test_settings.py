"""Boot settings: read once, documented, and refused in one sentence."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from aigne_hub.settings import BadSetting, Settings, read_settings, variable

SETTINGS = [one for one in fields(Settings) if one.metadata]  # the others are no variables of the hub's own
GUIDE = Path(__file__).parents[1] / "docs" / "guide" / "settings.md"


@pytest.mark.parametrize("name", [one.name for one in SETTINGS])
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `{variable(name)}` |" in GUIDE.read_text()


def test_nothing_is_documented_that_is_no_setting() -> None:
    documented = {line.split("`")[1] for line in GUIDE.read_text().splitlines() if line.startswith("| `HUB_")}
    assert documented == {variable(one.name) for one in SETTINGS}


def test_there_are_few_settings() -> None:
    assert len(SETTINGS) <= 30


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = read_settings({})
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 3030, 1)
    assert settings.database == f"sqlite:///{Path('data/hub.db').absolute()}"


def test_the_environment_is_read_and_the_command_line_wins() -> None:
    settings = read_settings({"HUB_PORT": "4000", "HUB_HOST": "0.0.0.0"}, port="5000")
    assert (settings.host, settings.port) == ("0.0.0.0", 5000)


def test_the_names_of_the_reference_work_and_ours_win() -> None:
    assert read_settings({"BLOCKLET_PORT": "4100", "REQUEST_ENTITY_SIZE_LIMIT": "5 mb"}).body_limit == 5 << 20
    assert read_settings({"BLOCKLET_PORT": "4100", "HUB_PORT": "4200"}).port == 4200
    assert read_settings({"ENABLE_SERVER_TIMING": "true"}).server_timing
    assert not read_settings({"ENABLE_SERVER_TIMING": "true", "HUB_SERVER_TIMING": "off"}).server_timing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_PORT", "http"),
        ("HUB_PORT", "70000"),
        ("HUB_PORT", "-1"),
        ("HUB_WORKERS", "0"),
        ("HUB_WORKERS", "2.5"),
        ("HUB_SECRET_KEY", "short"),
        ("HUB_SECRET_KEY", "zz" * 32),
        ("HUB_DATABASE_URL", "mysql://root:hunter2@db/hub"),
        ("HUB_LOG_LEVEL", "loud"),
        ("HUB_BODY_LIMIT", "many"),
        ("HUB_BODY_LIMIT", "1 b"),
        ("HUB_BODY_LIMIT", "2 gb"),
        ("HUB_FILES_LIMIT", "1 b"),
        ("HUB_FILES_LIMIT", "2000 tb"),
        ("HUB_FILES_S", "1"),
        ("HUB_FILES_S3", "https://s3.example/bucket"),
        ("HUB_FILES_S3", "https://key:hunter2@s3.example"),
        ("HUB_FILES_S3", "s3://key:hunter2@s3.example/bucket"),
        ("HUB_IDLE_S", "soon"),
        ("HUB_IDLE_S", "nan"),
        ("HUB_LOCAL_MODEL", "perhaps"),
        ("HUB_PUBLIC_URL", "hub.example.com"),
        ("REQUEST_ENTITY_SIZE_LIMIT", "30 parsecs"),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        read_settings({name: value})
    assert str(refusal.value).startswith(f"{name} must ")
    assert "\n" not in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_a_bad_option_is_named_as_the_option() -> None:
    with pytest.raises(BadSetting, match=r"^--port must be a whole number"):
        read_settings({}, port="x")


def test_a_secret_key_is_taken_in_hex_and_in_base64() -> None:
    key = bytes(range(32))
    assert read_settings({"HUB_SECRET_KEY": key.hex()}).secret_key == key
    assert read_settings({"HUB_SECRET_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}).secret_key == key


def test_secrets_are_not_in_the_representation() -> None:
    settings = read_settings(
        {
            "HUB_SECRET_KEY": "ab" * 32,
            "HUB_DATABASE_URL": "postgresql://u:hunter2@db/hub",
            "HUB_FILES_S3": "https://key:hunter2@s3.example/bucket?region=eu-central-1",
        }
    )
    assert "hunter2" not in repr(settings)
    assert "xab" not in repr(settings)


def test_keys_of_providers_are_taken_from_the_names_of_the_reference() -> None:
    environment = {
        "OPENAI_API_KEY": "sk-one, sk-hunter2,",
        "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
        "GEMINI_API_KEY": "g",
        "XAI_API_KEY": " ",
        "AWS_ACCESS_KEY_ID": "a1,a2",
        "AWS_SECRET_ACCESS_KEY": "s1,s2",
        "AWS_REGION": "eu-west-1,eu-west-1",
    }
    settings = read_settings(environment)
    openai, google, bedrock = settings.provider_keys
    assert (openai.name, openai.base_url, openai.values) == (
        "openai", "http://127.0.0.1:1/v1", ({"api_key": "sk-one"}, {"api_key": "sk-hunter2"}),
    )  # fmt: skip
    assert (google.name, google.base_url) == ("google", None)
    assert (bedrock.region, bedrock.values[1]) == ("eu-west-1", {"access_key_id": "a2", "secret_access_key": "s2"})
    assert "hunter2" not in repr(settings) + repr(openai)
    assert read_settings({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}).provider_keys == ()


def test_what_can_be_no_key_is_refused_without_being_told() -> None:
    with pytest.raises(BadSetting, match=r"^OPENAI_API_KEY must be ") as refusal:
        read_settings({"OPENAI_API_KEY": "hunter2 hunter2"})
    assert "hunter2" not in str(refusal.value)
