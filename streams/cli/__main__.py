"""`tapedeck`, and `python -m streams.cli`."""

import sys


def run() -> None:
    """Load the command line, and run it; Ctrl-C while it loads is one like any other."""
    try:
        from streams.cli.main import main
    except KeyboardInterrupt:
        sys.exit(130)
    main()


if __name__ == "__main__":
    run()
