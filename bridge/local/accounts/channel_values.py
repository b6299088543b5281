"""Whether a value can be the address of a channel of its type. Nothing is looked up: only its code shows more."""

from __future__ import annotations

import re
from typing import Final, assert_never

from bridge.local.accounts.addresses import is_email, is_url
from bridge.pinghome.systems.channels import ChannelType

# ITU-T E.164 6: a country code, which never begins with 0, and at most fifteen digits in all.
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
# Telegram Bot API, `sendMessage`: a chat's id, below 52 bits and negative for groups, or `@channelusername`; names have
# 5 to 32 characters (`account.checkUsername`), and four where they were bought.
_TELEGRAM: Final = re.compile(r"-?[1-9][0-9]{0,15}|@[A-Za-z][A-Za-z0-9_]{3,31}")
# Each push service has tokens of its own form: all of them are one word of ASCII.
_PUSH: Final = re.compile(r"[!-~]+")


def normal(kind: ChannelType, value: str) -> str:
    """A value as it is stored and compared; e-mail addresses are all in lower case, as those of accounts are."""
    value = value.strip()
    return value.lower() if kind == "email" else value


def fault_of(kind: ChannelType, value: str) -> str | None:
    """What a normal value must be and is not, None where it is fine."""
    match kind:
        case "email":
            good, what = is_email(value) and value.isprintable(), "an e-mail address"
        case "sms" | "call":
            good, what = _matches(_PHONE, value), "a telephone number with its country code, such as +994551234567"
        case "webhook" | "slack" | "msteams":
            good, what = is_url(value), "an http or https address"
        case "telegram":
            good, what = _matches(_TELEGRAM, value), "a chat's id, or a name with an @ before it"
        case "push-notification":
            good, what = _matches(_PUSH, value), "a device's token"
        case _:
            assert_never(kind)
    return None if good else f"must be {what}"


def _matches(form: re.Pattern[str], value: str) -> bool:
    return form.fullmatch(value) is not None
