"""The configuration: one YAML file and the environment in, one frozen model out, or every fault at once."""

from bridge.settings.load import load
from bridge.settings.model import Settings

__all__ = ["Settings", "load"]
