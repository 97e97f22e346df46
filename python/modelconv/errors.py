"""What can go wrong. Every exception of the package is a ModelConvError."""

from __future__ import annotations

from typing import NamedTuple, TypeVar


class ModelConvError(Exception):
    """Base class. str() says what went wrong, where, why and what to try; the attributes hold the parts."""

    message: str = ""
    where: str = ""
    why: str = ""
    hint: str = ""


class UnknownFormatError(ModelConvError):
    """No reader recognises the source, or no writer the target."""


class MalformedModelError(ModelConvError):
    """The file is damaged, cut short, or breaks its format's rules."""


class MissingOp(NamedTuple):
    """One operator type that cannot be handled."""

    op: str
    nodes: list[str]
    reason: str = ""


class UnsupportedOpError(ModelConvError):
    """Operators that a stage cannot handle: all of them, in `ops`."""

    ops: list[MissingOp]

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.ops = []


class ShapeError(ModelConvError):
    """Shapes or element types do not fit together, or given inputs do not fit the model."""


class VerificationError(ModelConvError):
    """Two models do not compute the same; `report` says where. `conversion` is what `convert(verify=True)` made."""

    report: object = None
    conversion: object = None


class BadArgumentError(ModelConvError, ValueError):
    """An argument makes no sense: an unknown tensor name, an operator set out of range, ..."""


class FileError(ModelConvError, OSError):
    """The operating system refused: no such file, no permission, disk full."""


class InternalError(ModelConvError):
    """The core contradicts itself: a bug of modelconv, please report it."""


E = TypeVar("E", bound=ModelConvError)


def malformed(message: str, where: str = "", why: str = "", hint: str = "") -> MalformedModelError:
    """An error whose text has the layout of the core's."""
    return with_parts(MalformedModelError, message, where, why, hint)


def with_parts(kind: type[E], message: str, where: str = "", why: str = "", hint: str = "") -> E:
    """An error of a kind from its parts."""
    lines = [message]
    lines += [f"  {label}{text}" for label, text in (("where: ", where), ("why:   ", why), ("try:   ", hint)) if text]
    error = kind("\n".join(lines))
    error.message, error.where, error.why, error.hint = message, where, why, hint
    return error
