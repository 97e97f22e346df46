"""What the command's exit status means; docs/command-line.md has the same table."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
DIFFERENT: Final = 1
"""A comparison was carried out, and found a difference; in a batch, a model failed."""
REFUSED: Final = 2
"""Bad usage, or an input that cannot be read or converted."""
NOT_CONVERTIBLE: Final = 3
"""`--plan`: the plan was made; it says that the model cannot be converted as it is."""
BUG: Final = 70
"""An error that is nobody's but ours; the number is EX_SOFTWARE of sysexits.h."""
INTERRUPTED: Final = 130
"""Ctrl-C: 128 and the signal's number, as shells have it."""
TERMINATED: Final = 143
"""The same for SIGTERM."""
