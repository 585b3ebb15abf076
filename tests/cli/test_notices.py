"""Notices at the shell."""

from __future__ import annotations

from pathlib import Path

from tests.cli.shell import Shell


def test_the_webhook_is_set_shown_tried_and_removed(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "data")
    assert "webhook: none" in shell.run("notice", "show").out
    made = shell.run("notice", "webhook", "http://127.0.0.1:9/token", "--json").json
    assert made["url"] == "http://127.0.0.1:9/…"
    assert made["secret"].startswith("whsec_")
    assert shell.run("notice", "show", "--json").json == {"webhook_url": made["url"], "is_mailed": False}
    assert "signed with whsec_" in shell.run("notice", "webhook", "http://127.0.0.1:9/token").out
    tried = shell.run("notice", "test")
    assert (tried.code, "Traceback" in tried.err) == (1, False)
    assert "not sent to a webhook any more" in shell.run("notice", "webhook", "--off").out
    gone = shell.run("notice", "webhook", "--off")
    assert (gone.code, "there is no webhook" in gone.err) == (1, True)
    assert shell.run("notice", "webhook").code == 2
    assert "cannot be used" in shell.run("notice", "webhook", "nowhere").err
    actions = [row["action"] for row in shell.run("audit", "list", "--json").json]
    assert (actions.count("webhook.put"), actions.count("webhook.remove")) == (2, 1)
