"""`python -m bridge` is `pinghome-bridge`."""

from bridge.cli.main import main

main()
