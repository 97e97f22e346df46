"""The `modelconv` command."""

from modelconv.cli.main import main

__all__ = ["main"]
