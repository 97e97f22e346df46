"""Layers whose weights in the file are not those that they compute with."""

from __future__ import annotations

from typing import Any

from modelconv.errors import UnsupportedOpError, with_parts
from modelconv.sources.keras_file import KerasFile, LegacyWeights


def quantized_mode(dtype: Any) -> str:
    """`int8` of a policy `int8_from_float32`; nothing for other policies."""
    if isinstance(dtype, str):
        return dtype.partition("_from_")[0] if "_from_" in dtype else ""
    settings = dtype.get("config") if isinstance(dtype, dict) else None
    mode = settings.get("mode") if isinstance(settings, dict) else None
    return mode if isinstance(mode, str) else ""


def refuse_packed_weights(name: str, class_name: str, config: dict[str, Any], file: KerasFile) -> None:
    """Integers with scales, or the factors of a LoRA that stand beside the weights."""
    mode = quantized_mode(config.get("dtype"))
    if mode:
        raise with_parts(
            UnsupportedOpError,
            f"layer '{name}' ({class_name}) keeps its weights quantised ({mode})",
            file.describe,
            hint="convert the model as it was before model.quantize(), and quantise what comes out",
        )
    if config.get("lora_rank") and isinstance(file.weights, LegacyWeights):
        raise with_parts(
            UnsupportedOpError,
            f"layer '{name}' ({class_name}) has the factors of a LoRA beside its weights",
            file.describe,
            hint="save the model as .keras, which merges them into the weights",
        )
