"""Convert machine-learning models between frameworks, simplify them, and prove that nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from modelconv import command_line, hetu, train
    from modelconv.batching import BatchReport, BatchRow, batch
    from modelconv.comparison import LayerComparison, TensorComparison
    from modelconv.conversion import Conversion, ConversionReport, convert
    from modelconv.differences import ModelDiff, diff
    from modelconv.explanation import DisabledRule, Explanation, Refusal, SimplificationReport
    from modelconv.loading import load
    from modelconv.networks import architecture_weights
    from modelconv.networks.names import architectures
    from modelconv.planning import OperatorPlan, Plan
    from modelconv.quantization import Int8, QuantizationReport, QuantizedLayer
    from modelconv.rules import RulePass, passes
    from modelconv.verification import VerificationReport, verify_against
    from modelconv.weights import WeightsReport

__version__ = "0.1.0"

# What simplify() does without is imported on first use: importing is most of what a small model costs.
_HOME = {
    "BatchReport": "batching.report",
    "BatchRow": "batching.report",
    "Conversion": "conversion",
    "ConversionReport": "conversion",
    "DisabledRule": "explanation",
    "Explanation": "explanation",
    "Int8": "quantization",
    "LayerComparison": "comparison",
    "ModelDiff": "differences",
    "OperatorPlan": "planning",
    "Plan": "planning",
    "QuantizationReport": "quantization",
    "QuantizedLayer": "quantization",
    "Refusal": "explanation",
    "RulePass": "rules",
    "SimplificationReport": "explanation",
    "TensorComparison": "comparison",
    "VerificationReport": "verification",
    "WeightsReport": "weights",
    "architecture_weights": "networks",
    "architectures": "networks.names",
    "batch": "batching",
    "convert": "conversion",
    "diff": "differences",
    "load": "loading",
    "passes": "rules",
    "verify_against": "verification",
}


# Submodules that are reached without importing them first: modelconv.train.Exporter.
_SUBMODULES = ("command_line", "hetu", "train")


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_SUBMODULES})


__all__ = [
    "BatchReport",
    "BatchRow",
    "Conversion",
    "ConversionReport",
    "DisabledRule",
    "Explanation",
    "Format",
    "Int8",
    "LayerComparison",
    "MalformedModelError",
    "Model",
    "ModelConvError",
    "ModelDiff",
    "OperatorPlan",
    "Plan",
    "QuantizationReport",
    "QuantizedLayer",
    "Refusal",
    "RulePass",
    "ShapeError",
    "SimplificationReport",
    "TensorComparison",
    "TensorSpec",
    "UnknownFormatError",
    "UnsupportedOpError",
    "VerificationError",
    "VerificationReport",
    "WeightsReport",
    "architecture_weights",
    "architectures",
    "batch",
    "command_line",
    "convert",
    "diff",
    "formats",
    "hetu",
    "load",
    "passes",
    "simplify",
    "train",
    "verify_against",
]
