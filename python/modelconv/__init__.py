"""Convert machine-learning models between frameworks, simplify them, and prove that nothing changed."""

from modelconv.conversion import Conversion, ConversionReport, convert, load
from modelconv.errors import (
    MalformedModelError,
    ModelConvError,
    ShapeError,
    UnknownFormatError,
    UnsupportedOpError,
    VerificationError,
)
from modelconv.formats import Format, formats
from modelconv.model import Model, TensorSpec
from modelconv.simplification import simplify
from modelconv.verification import LayerComparison, TensorComparison, VerificationReport, verify_against

__version__ = "0.1.0"

__all__ = [
    "Conversion",
    "ConversionReport",
    "Format",
    "LayerComparison",
    "MalformedModelError",
    "Model",
    "ModelConvError",
    "ShapeError",
    "TensorComparison",
    "TensorSpec",
    "UnknownFormatError",
    "UnsupportedOpError",
    "VerificationError",
    "VerificationReport",
    "convert",
    "formats",
    "load",
    "simplify",
    "verify_against",
]
