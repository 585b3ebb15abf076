"""How notices are signed, and how little is shown of a webhook's address."""

from __future__ import annotations

import base64

from aigne_hub.notices.entries import Webhook, secret_text, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    # https://github.com/standard-webhooks/standard-webhooks: the example that its libraries are tested with.
    secret = base64.b64decode(SECRET.removeprefix("whsec_"))
    headers = dict(signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'))
    assert headers == {
        b"webhook-id": b"msg_p5jXN8AQM9LWM0D4loKWxJek",
        b"webhook-timestamp": b"1614265330",
        b"webhook-signature": SIGNATURE.encode(),
    }
    assert secret_text(secret) == SECRET


def test_of_a_webhook_its_path_and_its_secret_are_not_shown() -> None:
    webhook = Webhook("https://hooks.example.com:8443/T0/B1/token?code=2", b"sealed")
    assert webhook.shown_url == "https://hooks.example.com:8443/…"
    assert "token" not in repr(webhook)
