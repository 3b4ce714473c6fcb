"""`python -m streams.cli` is `tapedeck`."""

from streams.cli.main import main

main()
