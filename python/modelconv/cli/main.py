"""The command's contents, and what happens to its errors."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer

import modelconv
from modelconv.cli import exit_status
from modelconv.cli.batch import batch
from modelconv.cli.convert import convert
from modelconv.cli.diff import diff
from modelconv.cli.export import export
from modelconv.cli.formats import formats
from modelconv.cli.inspect import inspect
from modelconv.cli.simplify import simplify
from modelconv.cli.verify import verify

app = typer.Typer(
    name="modelconv",
    help="Convert models between frameworks, simplify them, and prove that nothing changed.",
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (convert, simplify, verify, diff, inspect, export, batch, formats):
    app.command()(command)


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(modelconv.__version__)
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=show_version, is_eager=True, help="Show the version."),
    show_traceback: bool = typer.Option(False, "--traceback", help="Show where in the program an error arose."),
) -> None:
    """Options of every command."""


# The base of all errors in the usage of a command: typer exports only its descendants.
UsageError: type[Exception] = typer.BadParameter.__bases__[0]


def main(arguments: list[str] | None = None) -> None:
    """Run the command, and leave by `sys.exit` with one of the numbers of `exit_status`."""
    given = sys.argv[1:] if arguments is None else arguments
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # a reference's news of its start are not the user's
    try:
        with ending_orderly():
            # Not standalone: typer draws a box around its messages and wraps them, which hides names from a search.
            status = app(without_traceback(given) or ["--help"], prog_name="modelconv", standalone_mode=False)
            sys.stdout.flush()
    except modelconv.VerificationError as error:
        stop(str(error), given, exit_status.DIFFERENT)
    except UsageError as error:
        stop(describe_usage(error, without_traceback(given)), given, exit_status.REFUSED)
    except (KeyboardInterrupt, typer.Abort):
        stop("interrupted", given, exit_status.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read standard output has read enough (`modelconv inspect ... | head`). The rest goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(exit_status.DONE)
    except (modelconv.ModelConvError, OSError) as error:
        stop(str(error), given, exit_status.REFUSED)
    except Exception as error:
        stop(describe_bug(error), given, exit_status.BUG)
    if status == exit_status.INTERRUPTED:  # typer makes this of Ctrl-C, and says nothing
        stop("interrupted", [], exit_status.INTERRUPTED)
    sys.exit(status or exit_status.DONE)


@contextmanager
def ending_orderly() -> Iterator[None]:
    """SIGTERM ends the command as Ctrl-C does: with nothing half-done left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what a signal does
        return

    def end(*_: object) -> NoReturn:
        sys.exit(exit_status.TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def without_traceback(arguments: list[str]) -> list[str]:
    """The arguments less `--traceback`, which may stand anywhere."""
    return [argument for argument in arguments if argument != "--traceback"]


def describe_usage(error: Any, arguments: list[str]) -> str:
    """What is wrong with the arguments, and where the right ones are listed."""
    command = error.ctx.command_path if error.ctx else "modelconv"
    message = error.format_message()
    if message.startswith("No such command") and Path(arguments[0]).exists():
        return f"{message}\n  try:   {command} convert {shlex.join(arguments)}, or another command: {command} --help"
    return f"{message}\n  try:   {command} --help"


def describe_bug(error: Exception) -> str:
    """What nobody foresaw, and where it arose."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"{type(error).__name__}: {error}\n  where: {Path(frame.filename).name}, line {frame.lineno}\n"
        "  why:   this should have been refused in words: it is a bug of modelconv, or of a framework that it called\n"
        "  try:   --traceback shows where it arose; please report it"
    )


def stop(message: str, arguments: list[str], status: int) -> NoReturn:
    """One clear message on standard error."""
    if "--traceback" in arguments:
        traceback.print_exc()
    else:
        typer.echo(f"error: {message}", err=True)
    sys.exit(status)
