"""Pinghome's HTTP API as data and as a client. The local Pinghome answers the same table."""
