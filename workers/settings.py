"""`arq workers.settings.WorkerSettings`: the worker for those who run arq themselves.

Reads the configuration when it is imported, as arq's command line wants it.
"""

from __future__ import annotations

import sys

from bridge import logs
from bridge.domain.errors import ConfigError
from bridge.settings.reload import Reloader
from workers.options import hosting

_EX_CONFIG = 78

try:
    _reloader = Reloader()
except ConfigError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(_EX_CONFIG)
_settings = _reloader.running
logs.configure(level=_settings.logging.level, form=_settings.logging.format, process="worker")

# arq reads the attributes of exactly this class: inherited ones would be ignored in silence.
WorkerSettings = type("WorkerSettings", (), hosting(_settings, _reloader))
