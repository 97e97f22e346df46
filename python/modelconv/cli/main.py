"""The command's contents, and what happens to its errors."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any, NoReturn

import typer

import modelconv
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
    """Run the command. Exit status: 0 done, 1 a verification failed, 2 bad usage or an unusable input."""
    given = sys.argv[1:] if arguments is None else arguments
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # a reference's news of its start are not the user's
    try:
        # Not standalone: typer draws a box around its messages and wraps them, which hides names from a search.
        status = app(without_traceback(given) or ["--help"], prog_name="modelconv", standalone_mode=False)
    except modelconv.VerificationError as error:
        stop(str(error), given, 1)
    except UsageError as error:
        stop(describe_usage(error), given, 2)
    except (modelconv.ModelConvError, OSError) as error:
        stop(str(error), given, 2)
    except KeyboardInterrupt:
        stop("interrupted", given, 130)
    sys.exit(status or 0)


def without_traceback(arguments: list[str]) -> list[str]:
    """The arguments less `--traceback`, which may stand anywhere."""
    return [argument for argument in arguments if argument != "--traceback"]


def describe_usage(error: Any) -> str:
    """What is wrong with the arguments, and where the right ones are listed."""
    command = error.ctx.command_path if error.ctx else "modelconv"
    return f"{error.format_message()}\n  try:   {command} --help"


def stop(message: str, arguments: list[str], status: int) -> NoReturn:
    """One clear message on standard error."""
    if "--traceback" in arguments:
        traceback.print_exc()
    else:
        typer.echo(f"error: {message}", err=True)
    sys.exit(status)
