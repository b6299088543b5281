"""Plain text that somebody published to an SNS topic: a script, an application, a person.

Nothing in it says whether it is bad, so it is an alert. The same text again is the same problem; another
text may be another one, and two problems must not become one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from bridge.domain.alert import Alert
from bridge.sources.aws_event import FIRING, Details, Key, alert_of, topic_place
from bridge.sources.aws_names import arn_part
from bridge.sources.reading import Message, title


def read(message: Message) -> Sequence[Alert]:
    """The alert of one text."""
    written = message.plain_text
    if written is None:
        return ()
    digest = hashlib.sha256(f"{message.subject or ''}\n{written}".encode("utf-8", "surrogatepass")).hexdigest()
    return (
        alert_of(
            message,
            "sns-text",
            FIRING,
            key=Key(text=f"{message.channel or 'text'}|{digest[:32]}", unique=message.channel is not None),
            title=title(message.subject) or title(written.strip().splitlines()[0]) or "Text by SNS",
            place=topic_place(message),
            details=Details(
                description=written,
                labels={"topic": arn_part(message.channel, 5), **message.attributes},
                since=message.sent_at,
            ),
        ),
    )
