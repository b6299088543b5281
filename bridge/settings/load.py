"""From a file and the environment to `Settings`. The only reader of the bridge's environment variables."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from bridge.domain.errors import ConfigError, ConfigFault
from bridge.settings.defaults import development
from bridge.settings.model import Settings

PREFIX: Final = "PINGHOME_BRIDGE_"
CONFIG_VARIABLE: Final = "PINGHOME_BRIDGE_CONFIG"
DEFAULT_FILE: Final = Path("config/bridge.yaml")
DEFAULT_ORIGIN: Final = "built-in default"

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_QUOTE: Final = "'"
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_PROVISIONED_KEYS: Final = frozenset({"id", "webhook"})
SECRET_KEYS: Final = frozenset({"token", "password", "secret", "url", "id", "webhook", "dead_man_url"})
"""Keys whose value may be read from a file named by `<key>_file`."""


ROTATED_KEYS: Final = frozenset({"token", "password", "secret"})
"""Keys that may hold two live secrets: a file of two lines holds both."""


def load(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    absent: Callable[[Path], str] | None = None,
) -> Settings:
    """The configuration from `file`, else `PINGHOME_BRIDGE_CONFIG`, else `config/bridge.yaml`, else the default.

    Environment variables come on top. `absent` gives a value for the file of a webhook's or heartbeat's id that is not
    there yet; without it that is a fault. Raises ConfigError with every fault that was found.
    """
    environment = os.environ if environment is None else environment
    path = configured_file(file, environment)
    origin = str(path) if path else DEFAULT_ORIGIN
    faults: list[ConfigFault] = []
    document = read_document(path, faults) if path else development()
    document = _substituted(document, origin, "", environment, faults)
    # An empty section (`redis:` with everything under it commented out) is no section.
    document = {key: value for key, value in document.items() if value is not None}
    variables = _overlay(document, environment, faults)
    origins = Origins(origin, variables)
    document = _with_files(document, origins, (), faults, absent)
    if faults:
        raise ConfigError(faults)
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise ConfigError(_faults(origins, error.errors())) from None


@dataclass(frozen=True, slots=True)
class Origins:
    """Where each part of the configuration was said: in the file, or in which variable."""

    file: str
    variables: Mapping[tuple[str, ...], str]

    def of(self, place: Sequence[Any]) -> str:
        """The origin of a key."""
        for path, name in self.variables.items():
            if tuple(place[: len(path)]) == path:
                return f"environment variable {name}"
        return self.file


def configured_file(file: Path | None, environment: Mapping[str, str] | None = None) -> Path | None:
    """The file that `load` reads; None where the development default applies."""
    if file is not None:
        return file
    named = (os.environ if environment is None else environment).get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


class _Loader(yaml.SafeLoader):
    """YAML that refuses a key given twice: the last one would win in silence."""


class _KeyTwice(yaml.YAMLError):
    """Names a key, which is no secret."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            line = key_node.start_mark.line + 1
            raise _KeyTwice(f"line {line}: the key {key!r} is given twice")
        seen.add(key)
    return dict(loader.construct_mapping(node, deep=True))


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_document(path: Path, faults: list[ConfigFault]) -> dict[str, Any]:
    """The file as it is written, before variables and files are put in. Adds to `faults`."""
    origin = str(path)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        faults.append(ConfigFault(origin=origin, key="", reason=f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError:
        faults.append(ConfigFault(origin=origin, key="", reason="is no UTF-8 text"))
    except yaml.YAMLError as error:
        faults.append(ConfigFault(origin=origin, key="", reason=f"is no valid YAML: {_problem(error)}"))
    except (ValueError, TypeError, RecursionError) as error:
        # A date that does not exist, a tag that does not fit its value. The text would quote the value.
        reason = f"holds a value that YAML cannot make ({type(error).__name__}); quote it"
        faults.append(ConfigFault(origin=origin, key="", reason=reason))
    else:
        if document is None:
            return {}
        if isinstance(document, dict):
            return document
        faults.append(ConfigFault(origin=origin, key="", reason="must be a mapping of keys to values"))
    return {}


def _problem(error: yaml.YAMLError) -> str:
    """In one line, and without what PyYAML quotes: an alias or a tag may be an unquoted secret."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {_QUOTED.sub('...', str(error.problem))}"
    if isinstance(error, _KeyTwice):
        return str(error)
    return " ".join(_QUOTED.sub("...", str(error)).split())


def _overlay(
    document: dict[str, Any], environment: Mapping[str, str], faults: list[ConfigFault]
) -> dict[tuple[str, ...], str]:
    """Environment over file: a scalar by its path, a top-level key whole as JSON. Returns which said what."""
    said: dict[tuple[str, ...], str] = {}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name == CONFIG_VARIABLE:
            continue
        path = name.removeprefix(PREFIX).lower().split("__")
        value: Any = environment[name]
        if len(path) == 1:
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                faults.append(ConfigFault(origin="environment", key=name, reason="must be JSON"))
                continue
        put = _put(document, path, value)
        if put is None:
            reason = "leads through a value that holds no keys"
            faults.append(ConfigFault(origin="environment", key=name, reason=reason))
        else:
            said[put] = name
    return said


def _put(document: dict[str, Any], path: Sequence[str], value: Any) -> tuple[str, ...] | None:
    """Set a value; the path as the document spells it, or None where it cannot be reached."""
    where, place = document, []
    for step in path[:-1]:
        place.append(_existing(where, step))
        where = where.setdefault(place[-1], {})
        if not isinstance(where, dict):
            return None
    place.append(_existing(where, path[-1]))
    where[place[-1]] = value
    return tuple(place)


def _existing(mapping: Mapping[str, Any], step: str) -> str:
    """The key as the file spells it: an environment variable cannot hold a hyphen."""
    return next((key for key in mapping if str(key).lower().replace("-", "_") == step.replace("-", "_")), step)


def _substituted(value: Any, origin: str, path: str, environment: Mapping[str, str], faults: list[ConfigFault]) -> Any:
    """Put in `${VAR}`, in the file only: what comes from a variable is meant as it is."""
    if isinstance(value, str):
        return _substitute(value, origin, path, environment, faults)
    if isinstance(value, list):
        return [_substituted(v, origin, f"{path}[{i}]", environment, faults) for i, v in enumerate(value)]
    if isinstance(value, dict):
        return {
            key: _substituted(v, origin, f"{path}.{key}".lstrip("."), environment, faults) for key, v in value.items()
        }
    return value


def _substitute(value: str, origin: str, path: str, environment: Mapping[str, str], faults: list[ConfigFault]) -> str:
    faults += (
        ConfigFault(origin=origin, key=path, reason=f"the environment has no variable {name}")
        for name in sorted(set(_VARIABLE.findall(value)) - set(environment))
    )
    return _VARIABLE.sub(lambda match: environment.get(match[1], ""), value)


def _with_files(
    value: Any,
    origins: Origins,
    place: tuple[Any, ...],
    faults: list[ConfigFault],
    absent: Callable[[Path], str] | None = None,
) -> Any:
    """Put in the contents of the files that `*_file` twins name."""
    if isinstance(value, list):
        return [_with_files(member, origins, (*place, number), faults, absent) for number, member in enumerate(value)]
    if not isinstance(value, dict):
        return value
    resolved: dict[Any, Any] = {}
    for key, member in value.items():
        base, here = str(key).removesuffix("_file"), (*place, key)
        if base == key or base not in SECRET_KEYS or not isinstance(member, str):
            resolved[key] = _with_files(member, origins, here, faults, absent)
            continue
        if base in value:
            faults.append(ConfigFault(origin=origins.of(here), key=_path(here), reason=f"{base} is given too"))
        if absent is not None and base in _PROVISIONED_KEYS and _is_absent(Path(member)):
            resolved[base] = absent(Path(member))
            continue
        contents = _contents(member, origins.of(here), _path(here), faults)
        resolved[base] = contents.splitlines() if base in ROTATED_KEYS and "\n" in contents else contents
    return resolved


def _is_absent(path: Path) -> bool:
    try:
        return not path.exists() or not path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return False


def _contents(name: str, origin: str, key: str, faults: list[ConfigFault]) -> str:
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        reason = "is no UTF-8 text"
    except (OSError, ValueError) as error:
        reason = f"cannot be read: {getattr(error, 'strerror', None) or 'no file can have this name'}"
    faults.append(ConfigFault(origin=origin, key=key, reason=reason))
    return ""


def _path(place: Sequence[Any]) -> str:
    """`routes[0].to`, without the tags of unions."""
    return "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in place if not str(part).startswith("<")
    ).lstrip(".")


def _faults(origins: Origins, details: Sequence[Any]) -> list[ConfigFault]:
    """A list whose members are bad is not also too short: pydantic counts only the good ones."""
    places = [detail["loc"] for detail in details]
    return [
        _fault(origins, detail)
        for detail in details
        if detail["type"] != "too_short" or not any(_inside(place, detail["loc"]) for place in places)
    ]


def _inside(place: Sequence[Any], outer: Sequence[Any]) -> bool:
    return len(place) > len(outer) and tuple(place[: len(outer)]) == tuple(outer)


def _fault(origins: Origins, detail: Any) -> ConfigFault:
    reason = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "union_tag_invalid":
        # pydantic's own text repeats the value, and somebody will write the secret there.
        reason = f"{detail['ctx']['discriminator'].strip(_QUOTE)} is none of {detail['ctx']['expected_tags']}"
    place = detail["loc"]
    return ConfigFault(origin=origins.of(place), key=_path(place), reason=reason[:1].lower() + reason[1:])
