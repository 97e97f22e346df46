"""`python -m modelconv` is the command `modelconv`."""

from modelconv.cli import main

main()
