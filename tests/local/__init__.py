"""The local Pinghome, over real sockets and real files."""
