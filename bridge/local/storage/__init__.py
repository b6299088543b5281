"""Where the local Pinghome keeps everything: one SQLite file and its schema."""
