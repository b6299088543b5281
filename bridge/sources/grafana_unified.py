"""Grafana's unified alerting (version 8 and later): Alertmanager's groups, with links and values of their own.

Source: grafana/alerting, `receivers/webhook`; Grafana documentation, "Configure webhook notifications". Grafana
hashes labels that it does not send, so its `fingerprint` is taken as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bridge.domain.alert import Action, Alert, Condition, Rel, Status
from bridge.domain.conditions import canonical, number
from bridge.sources.alertmanager_wire import Member, is_group, read_alert, read_members
from bridge.sources.reading import mapping, text, web_links

_TYPE: Final = "grafana"
_TEST: Final = (Status.INFO, Action.TEST)
_NO_DATA: Final = "DatasourceNoData"
_STAND_INS: Final = frozenset({_NO_DATA, "DatasourceError"})
"""Names of alerts that Grafana makes of a rule without data, or with an error; `rulename` has the rule's own."""


def read(document: Mapping[str, object], body: bytes) -> Sequence[Alert]:
    """The alerts of one group, none for another document. Raises Undecoded where a state is not known."""
    if not is_group(document):
        return ()
    return [_alert(member) for member in read_members(document, body)]


def _alert(member: Member) -> Alert:
    test = _is_test(member)
    alert = read_alert(member, kind=_TYPE, name=_name(member), meaning=_TEST if test else _meaning(member))
    organisation = text(member.group.get("orgId"))
    own = web_links(
        (Rel.DASHBOARD, member.fields.get("panelURL")),
        (Rel.DASHBOARD, member.fields.get("dashboardURL")),
        (Rel.SILENCE, member.fields.get("silenceURL")),
    )
    return replace(
        alert,
        key=f"{member.scope}/{organisation or ''}/{member.fingerprint}",
        account=organisation,
        condition=_condition(member),
        links=(*own, *(link for link in alert.links if link.href not in {one.href for one in own})),
        test=test,
    )


def _meaning(member: Member) -> tuple[Status, Action] | None:
    """A rule without data is no alarm; that it has data again is a resolve like any other."""
    silent = member.status == "firing" and member.labels.get("alertname") == _NO_DATA
    return (Status.NO_DATA, Action.INFO) if silent else None


def _name(member: Member) -> str | None:
    """The rule's name; of an alert about a rule's data, with what is wrong with it."""
    name, rule = member.labels.get("alertname"), member.labels.get("rulename")
    return f"{rule} ({name})" if name in _STAND_INS and rule else name


def _is_test(member: Member) -> bool:
    """The contact point's test button: its two labels, or a group made for this one alert, now.

    A real `groupKey` is made of the policy's matchers and the group's labels (`{}/{...}:{...}`).
    """
    if member.labels.get("alertname") == "TestAlert" and member.labels.get("instance") == "Grafana":
        return True
    group_key = text(member.group.get("groupKey")) or ""
    return re.fullmatch(rf"[^{{}}]*-{re.escape(member.fingerprint)}-[0-9]+", group_key) is not None


def _condition(member: Member) -> Condition | None:
    """`values` names every query and expression of the rule: which of them is the value is said only if it is one."""
    values = {ref: value for ref, value in mapping(member.fields, "values").items() if number(value) is not None}
    listed = ", ".join(f"{ref}={canonical(value)}" for ref, value in sorted(values.items()))
    stated = text(member.fields.get("valueString")) or listed or None
    if stated is None:
        return None
    return Condition(value=number(next(iter(values.values()))) if len(values) == 1 else None, text=stated)
