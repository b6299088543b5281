"""The vocabulary and the decisions, as pure data and functions.

Nothing here does I/O, reads a clock or knows a wire format. Times are aware, in UTC, and passed in.
"""
