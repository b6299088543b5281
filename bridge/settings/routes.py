"""Routes in the configuration: which alerts, and where to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from bridge.domain.alert import Status, Urgency
from bridge.domain.destination import Destination, HeartbeatOf, IncidentOf, Result
from bridge.domain.routing import Route
from bridge.domain.send import Target, TargetKind
from bridge.settings.conditions import WhenSettings, conditions
from bridge.settings.values import Model, Name, NonEmpty, Secret, key_of

IGNORE: Final = "ignore"


class WebhookTarget(Model):
    """An incident webhook of Pinghome, by its id (a bearer secret)."""

    webhook: Secret

    def destination(self) -> Destination:
        """As the domain knows it."""
        return Target(kind=TargetKind.WEBHOOK, id=self.webhook.get_secret_value())


class AssigneeSettings(Model):
    """Who is to look at it, as the API has it: `{type: team, id: ...}`."""

    type: NonEmpty
    id: NonEmpty


class ActionSettings(Model):
    """What Pinghome is to do, as the API has it."""

    type: NonEmpty
    settings: tuple[dict[str, Any], ...] = ()


class IncidentSettings(Model):
    """An incident of a team. Without `urgency` it is that of the alert."""

    team: NonEmpty
    urgency: Urgency | None = None
    assignees: tuple[AssigneeSettings, ...] = ()
    actions: tuple[ActionSettings, ...] = ()


class IncidentTarget(Model):
    """A team that gets an incident by the API, which needs an account."""

    incident: IncidentSettings

    def destination(self) -> Destination:
        """As the domain knows it."""
        wanted = self.incident
        return IncidentOf(
            target=Target(kind=TargetKind.INCIDENT, id=wanted.team),
            urgency=wanted.urgency,
            assignees=tuple(_plain(one) for one in wanted.assignees),
            actions=tuple(_plain(one) for one in wanted.actions),
        )


class ReportSettings(Model):
    """A heartbeat monitor (its id is a bearer secret), and what the status of an alert reports to it."""

    id: Secret
    results: Annotated[dict[Status, Result | Literal["ignore"]], Field(min_length=1)]

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if set(self.results.values()) == {IGNORE}:
            raise ValueError("results: all are ignored, so the monitor would never hear anything")
        return self


class HeartbeatTarget(Model):
    """A heartbeat monitor that alerts report to."""

    heartbeat: ReportSettings

    def destination(self) -> Destination:
        """As the domain knows it."""
        return HeartbeatOf(
            target=Target(kind=TargetKind.HEARTBEAT, id=self.heartbeat.id.get_secret_value()),
            results={
                status: result if isinstance(result, Result) else None
                for status, result in self.heartbeat.results.items()
            },
        )


class DropTarget(Model):
    """Nowhere: the alert is counted and kept, and goes no further."""

    drop: Literal[True]


TargetSettings: TypeAlias = Annotated[
    Annotated[WebhookTarget, Tag("<webhook>")]
    | Annotated[IncidentTarget, Tag("<incident>")]
    | Annotated[HeartbeatTarget, Tag("<heartbeat>")]
    | Annotated[DropTarget, Tag("<drop>")],
    Discriminator(key_of("incident", "heartbeat", "drop", default="<webhook>")),
]


class RouteSettings(Model):
    """Where alerts go for which all of `when` holds. Routes are tried in order; the first that matches wins, unless
    it says `continue`: then the next ones are tried too, and their targets are added."""

    name: Name
    when: tuple[WhenSettings, ...] = ()
    to: Annotated[tuple[TargetSettings, ...], Field(min_length=1)]
    proceed: Annotated[bool, Field(alias="continue")] = False

    @model_validator(mode="after")
    def _clear(self) -> Self:
        drops = any(isinstance(target, DropTarget) for target in self.to)
        if drops and len(self.to) > 1:
            raise ValueError("to: drop stands alone")
        if drops and self.proceed:
            raise ValueError("continue: drop ends the way of an alert")
        return self

    def route(self) -> Route:
        """As the domain knows it."""
        return Route(
            name=self.name,
            when=conditions(self.when),
            to=tuple(target.destination() for target in self.to if not isinstance(target, DropTarget)),
            proceed=self.proceed,
        )


def _plain(model: Model) -> Mapping[str, Any]:
    return model.model_dump(mode="json", exclude_defaults=True)
