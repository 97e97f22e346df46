"""Dialects of layer configs: what Keras 1 called things, brought to the names of today."""

from __future__ import annotations

from typing import Any

from modelconv.sources.keras_file import KerasFile

RENAMED = {
    "output_dim": "units",
    "nb_filter": "filters",
    "border_mode": "padding",
    "subsample": "strides",
    "bias": "use_bias",
    "inner_activation": "recurrent_activation",
    "atrous_rate": "dilation_rate",
    "p": "rate",
    "sigma": "stddev",
}
KERNEL_SIZES = {
    "Conv1D": ("filter_length",),
    "Conv2D": ("nb_row", "nb_col"),
    "Conv2DTranspose": ("nb_row", "nb_col"),
    "SeparableConv2D": ("nb_row", "nb_col"),
    "Conv3D": ("kernel_dim1", "kernel_dim2", "kernel_dim3"),
}
CLASSES = {"AtrousConvolution1D": "Conv1D", "AtrousConvolution2D": "Conv2D", "TimeDistributedDense": "Dense"}
MERGES = {"sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum", "dot": "Dot"}


def is_keras1(file: KerasFile) -> bool:
    """Keras 1 or older."""
    return file.keras_version.partition(".")[0] in ("0", "1")


def upgrade_keras1(kind: str, config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Class and config as Keras 2 would have them."""
    kind = CLASSES.get(kind, kind)
    if kind == "Merge":
        return upgrade_merge(config)
    # A file of Keras 2 may lack its version; its configs need no change.
    settings = dict(config)
    for old, new in RENAMED.items():
        if old in settings and not (kind == "Embedding" and old == "output_dim"):
            settings[new] = settings.pop(old)
    sizes = KERNEL_SIZES.get(kind)
    if sizes and sizes[0] in settings:
        settings["kernel_size"] = [settings.pop(name, 1) for name in sizes]
    for old, new in (("pool_length", "pool_size"), ("stride", "strides"), ("length", "size")):
        if old in settings and kind.endswith("1D"):
            settings[new] = settings.pop(old)
    if kind == "Conv1D" and "subsample_length" in settings:
        settings["strides"] = settings.pop("subsample_length")
    ordering = settings.pop("dim_ordering", None)
    if ordering in ("tf", "th"):
        settings["data_format"] = "channels_first" if ordering == "th" else "channels_last"
    if kind in ("LSTM", "GRU", "SimpleRNN"):
        settings.setdefault("recurrent_activation", "hard_sigmoid")
        settings["reset_after"] = False
    for ignored in ("output_shape", "input_dim", "input_length", "nb_row", "nb_col"):
        if kind in KERNEL_SIZES:
            settings.pop(ignored, None)
    return kind, settings


def upgrade_merge(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The Merge layer did what several layers do today."""
    mode = config.get("mode")
    settings = {"name": config.get("name"), "axis": config.get("concat_axis", -1), "axes": config.get("dot_axes", -1)}
    if mode == "cos":
        return "Dot", {**settings, "normalize": True}
    kind = MERGES.get(mode, "Merge") if isinstance(mode, str) else "Merge"
    wanted = {"Concatenate": ("name", "axis"), "Dot": ("name", "axes")}.get(kind, ("name",))
    return kind, {name: settings[name] for name in wanted}
