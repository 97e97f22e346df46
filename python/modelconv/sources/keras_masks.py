"""Masks: which steps of a sequence count. They travel beside the tensors from layer to layer.

Source of the rules: compute_mask of Keras's layers (keras/src/layers, tf_keras/src/layers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelconv.sources.keras_parts import Parts, Tensor

if TYPE_CHECKING:
    from modelconv.sources.keras_model import Layer

MERGING = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")


class Masks:
    """The mask of each tensor that has one."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._masks: dict[int, Tensor] = {}
        self.old_keras = False
        """Keras 2 takes steps that every mask lets pass, Keras 3 those that any does."""

    def of(self, tensor: Tensor | None) -> Tensor | None:
        """The mask, if there is one."""
        return self._masks.get(tensor.handle) if tensor is not None else None

    def set(self, tensor: Tensor, mask: Tensor | None) -> None:
        """From now on this is the tensor's mask."""
        if mask is not None:
            self._masks[tensor.handle] = mask

    def drop(self, tensor: Tensor) -> None:
        """The tensor has no mask any more."""
        self._masks.pop(tensor.handle, None)

    def as_argument(self, tensor: Tensor) -> dict[str, Tensor]:
        """The mask as a layer's argument."""
        mask = self.of(tensor)
        return {} if mask is None else {"mask": mask}

    def after_layer(self, layer: Layer, inputs: list[Tensor], results: list[Tensor], name: str) -> None:
        """What a layer that takes tensors and gives one does to masks."""
        mask = None
        if layer.kind in ("Embedding", "ReversibleEmbedding"):
            if layer.config.get("mask_zero") and inputs:
                mask = self._parts.add_node("embedding_mask", f"{name}/mask", inputs[:1])[0]
        elif layer.kind == "Masking":
            attrs = {"mask_value": float(layer.config.get("mask_value") or 0.0)}
            mask = self._parts.add_node("masking_mask", f"{name}/mask", inputs[:1], attrs)[0]
        elif layer.kind in MERGING:
            mask = self._merged(inputs, name)
        elif layer.kind == "Concatenate":
            mask = self._concatenated(inputs, layer, name)
        elif layer.table is not None and layer.table.passes_mask and inputs:
            mask = self.of(inputs[0])
        for result in results:
            self.set(result, mask)

    def _merged(self, inputs: list[Tensor], name: str) -> Tensor | None:
        """Of sums and the like."""
        masks = [self.of(tensor) for tensor in inputs]
        given = [mask for mask in masks if mask is not None]
        if not given or (not self.old_keras and len(given) < len(masks)):
            return None
        if len(given) == 1:
            return given[0]
        return self._parts.add_node("all_masks" if self.old_keras else "any_masks", f"{name}/mask", given)[0]

    def _concatenated(self, inputs: list[Tensor], layer: Layer, name: str) -> Tensor | None:
        """Along the features the masks are joined, along the steps they follow one another."""
        masks = [self.of(tensor) for tensor in inputs]
        given = [mask for mask in masks if mask is not None]
        if not given:
            return None
        if layer.config.get("axis", -1) == 1:
            parts = [
                mask or self._parts.add_node("ones_mask", f"{name}/ones", [tensor])[0]
                for mask, tensor in zip(masks, inputs, strict=True)
            ]
            return self._parts.add_node("Concatenate", f"{name}/mask", parts, {"axis": 1})[0]
        if len(given) < len(masks):
            return None
        return self._parts.add_node("any_masks", f"{name}/mask", given)[0]
