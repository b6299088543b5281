"""A local Pinghome: the API of the same table, kept in one SQLite file. Small, and honest about what it is not.

What it answers is stored, what it says it has done is done, and what the API's texts leave open is settled in
one place each, with the reason beside it.
"""
