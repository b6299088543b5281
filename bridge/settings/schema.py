"""The JSON Schema of the configuration, for editors: `config/schema/bridge.json`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from bridge.settings.load import SECRET_KEYS
from bridge.settings.model import Settings
from bridge.settings.values import written


class _Generator(GenerateJsonSchema):
    """Writes defaults as the configuration spells them; pydantic would write times as ISO 8601."""

    def encode_default(self, dft: Any) -> Any:
        """The default as a JSON value."""
        if isinstance(dft, timedelta):
            return written(dft)
        if isinstance(dft, BaseModel):
            return dft.model_dump(mode="json")
        if isinstance(dft, tuple):
            return [self.encode_default(one) for one in dft]
        return super().encode_default(dft)


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12, with the `*_file` twin of every secret."""
    document = Settings.model_json_schema(schema_generator=_Generator)
    for model in (document, *document["$defs"].values()):
        _add_twins(model)
    return document


def _add_twins(model: dict[str, Any]) -> None:
    properties = model.get("properties", {})
    for key in SECRET_KEYS & properties.keys():
        properties[f"{key}_file"] = {"type": "string", "title": f"A file that holds {key}"}
        if key in model.get("required", ()):
            # Either will do; which one is missing is told when the configuration is loaded.
            model["required"] = [name for name in model["required"] if name != key]
