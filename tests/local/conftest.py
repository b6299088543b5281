from tests.local.fixtures import clock, demo_file, start_world, world

__all__ = ["clock", "demo_file", "start_world", "world"]
