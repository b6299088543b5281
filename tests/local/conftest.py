from tests.local.fixtures import clock, demo_file, prepared, prepared_file, start_world, whole, world

__all__ = ["clock", "demo_file", "prepared", "prepared_file", "start_world", "whole", "world"]
