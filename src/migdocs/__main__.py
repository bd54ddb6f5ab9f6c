"""Start the command line: ``migdocs`` or ``python -m migdocs``."""

from migdocs.cli.main import main

if __name__ == "__main__":
    main()
