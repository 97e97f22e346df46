"""The command's contents, and what happens to its errors."""

from __future__ import annotations

import sys
import traceback

import typer

import modelconv
from modelconv.cli.convert import convert
from modelconv.cli.formats import formats
from modelconv.cli.inspect import inspect
from modelconv.cli.simplify import simplify
from modelconv.cli.verify import verify

app = typer.Typer(
    name="modelconv",
    help="Convert models between frameworks, simplify them, and prove that nothing changed.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (convert, simplify, verify, inspect, formats):
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


def main(arguments: list[str] | None = None) -> None:
    """Run the command. Exit status: 0 done, 1 a verification failed, 2 bad usage or an unusable input."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(given)
    except modelconv.VerificationError as error:
        stop(error, given, 1)
    except modelconv.ModelConvError as error:
        stop(error, given, 2)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(130)


def stop(error: Exception, arguments: list[str], status: int) -> None:
    """One clear message on standard error."""
    if "--traceback" in arguments:
        traceback.print_exc()
    else:
        typer.echo(f"error: {error}", err=True)
    sys.exit(status)
