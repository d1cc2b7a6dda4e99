"""`python -m flows.cli` is the `shelfcast` command."""

from flows.cli.main import main

main()
