"""The shipped templates, filled in as their senders would: what comes out is what the sources read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from bridge.domain.alert import Action, Alert
from bridge.sources.dynatrace import DynatraceSource
from bridge.sources.zabbix import ZabbixSource
from tests.sources.kit import HERE, Case, request_of

TEMPLATES = HERE.parents[1] / "config" / "templates"
NODE = shutil.which("node")
ZABBIX = yaml.safe_load((TEMPLATES / "zabbix-media-type.yaml").read_text())["zabbix_export"]["media_types"][0]
ENGINE = """
function HttpRequest() { this.headers = []; }
HttpRequest.prototype.addHeader = function (header) { this.headers.push(header); };
HttpRequest.prototype.setProxy = function (proxy) { this.proxy = proxy; };
HttpRequest.prototype.getStatus = function () { return STATUS; };
HttpRequest.prototype.post = function (url, body) {
    console.log(JSON.stringify({url: url, headers: this.headers, proxy: this.proxy, body: body}));
};
(function (value) { SCRIPT })(VALUE);
"""
MACROS = {
    "{EVENT.DATE}": "2026.03.01", "{EVENT.TIME}": "10:00:05", "{EVENT.ID}": "862", "{EVENT.VALUE}": "1",
    "{EVENT.UPDATE.STATUS}": "0", "{EVENT.NSEVERITY}": "4", "{EVENT.NAME}": 'Apache "down"\\', "{HOST.HOST}": "web-1",
    "{TRIGGER.ID}": "23041", "{EVENT.TAGSJSON}": '[{"tag":"team","value":"web"}]',
    "{$ZABBIX.URL}": "https://zabbix.example.com", "{$PINGHOME_BRIDGE.TOKEN}": "s3cret",
}  # fmt: skip


def dynatrace(**filled: str) -> Alert:
    """The template with Dynatrace's placeholders, quotes in texts escaped."""
    fixture = json.loads(Case(kind="dynatrace", name="open").body)
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fixture.items()} | filled
    text = (TEMPLATES / "dynatrace.txt").read_text()
    body = re.sub(r"\{([A-Z]\w+)\}", lambda found: values[found[1]], text)
    (alert,) = DynatraceSource().decode(request_of(body.encode()))
    return alert


def test_the_template_for_dynatrace_names_what_is_read() -> None:
    expected = json.loads(Case(kind="dynatrace", name="open").expected_path.read_text())["alerts"][0]
    fired, resolved = dynatrace(), dynatrace(State="RESOLVED")

    assert (fired.key, fired.title, fired.account) == (expected["key"], expected["title"], expected["account"])
    assert fired.labels == expected["labels"]
    assert fired.starts_at is not None
    assert (resolved.key, resolved.action) == (fired.key, Action.RESOLVE)


def zabbix(macros: Mapping[str, str], *, status: int = 202) -> subprocess.CompletedProcess[str]:
    """Runs the media type's script on its parameters, with macros put in; those without a value stay."""
    if NODE is None:
        pytest.skip("no node to run the media type's script with")
    values = MACROS | {f"{{{name.replace('_', '.')}}}": value for name, value in macros.items()}
    parameters = {
        parameter["name"]: values.get(parameter["value"], parameter["value"]) for parameter in ZABBIX["parameters"]
    }
    script = (
        ENGINE.replace("SCRIPT", ZABBIX["script"])
        .replace("STATUS", str(status))
        .replace("(VALUE)", f"({json.dumps(json.dumps(parameters))})")
    )
    return subprocess.run(
        [NODE, "-e", script], capture_output=True, text=True, check=False, env={"TZ": "Europe/Berlin"}
    )


def posted(**macros: str) -> tuple[dict[str, Any], Alert]:
    ran = zabbix(macros)
    assert ran.returncode == 0, ran.stderr
    post = json.loads(ran.stdout)
    (alert,) = ZabbixSource().decode(request_of(post["body"].encode()))
    return post, alert


def test_the_media_type_of_zabbix_posts_what_is_read() -> None:
    post, alert = posted()

    assert post["headers"] == ["Content-Type: application/json", "Authorization: Bearer s3cret"]
    assert "s3cret" not in post["body"]
    assert (alert.action, alert.key) == (Action.TRIGGER, "event/https://zabbix.example.com/862")
    assert (alert.title, alert.labels["team"]) == ('Apache "down"\\', "web")
    # The server is in Berlin, an hour ahead of UTC.
    assert str(alert.starts_at) == "2026-03-01 09:00:05+00:00"
    assert alert.links[0].href.endswith("triggerid=23041&eventid=862")


def test_its_recovery_is_of_the_same_problem() -> None:
    recovery = {"EVENT_VALUE": "0", "EVENT_RECOVERY_DATE": "2026.07.01", "EVENT_RECOVERY_TIME": "12:00:00"}

    (_, fired), (_, resolved) = posted(), posted(**recovery)

    assert (resolved.key, resolved.action) == (fired.key, Action.RESOLVE)
    assert str(resolved.ends_at) == "2026-07-01 10:00:00+00:00"


def test_its_test_button_opens_nothing() -> None:
    _, alert = posted(EVENT_ID="{EVENT.ID}", EVENT_VALUE="{EVENT.VALUE}")

    assert (alert.action, alert.test) == (Action.TEST, True)


def test_a_refusal_is_shown_in_zabbix_and_tried_again() -> None:
    ran = zabbix({}, status=503)

    assert ran.returncode != 0
    assert "The bridge answered 503" in ran.stderr


def test_every_operation_has_a_message() -> None:
    """Zabbix sends nothing for an operation that has none."""
    assert [template["operation_mode"] for template in ZABBIX["message_templates"]] == ["PROBLEM", "RECOVERY", "UPDATE"]
