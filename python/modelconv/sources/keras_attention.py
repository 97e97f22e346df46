"""Attention layers: several tensors with a mask each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelconv.errors import malformed
from modelconv.sources.keras_calls import leaves
from modelconv.sources.keras_model import Layer
from modelconv.sources.keras_parts import Tensor

if TYPE_CHECKING:
    from modelconv.sources.keras_graph import GraphReader
    from modelconv.sources.keras_recurrent import CallFn

HEADS_SIGNATURE = [
    "query",
    "value",
    "key",
    "query_mask",
    "value_mask",
    "key_mask",
    "attention_mask",
    "return_attention_scores",
    "training",
    "use_causal_mask",
]
# Keras 2: call(query, value, key, attention_mask, return_attention_scores, training, use_causal_mask)
OLD_HEADS_SIGNATURE = [
    "query",
    "value",
    "key",
    "attention_mask",
    "return_attention_scores",
    "training",
    "use_causal_mask",
]


def call_heads(reader: GraphReader, layer: Layer, args: list[Any], kwargs: dict[str, Any], name: str) -> list[Tensor]:
    """MultiHeadAttention, GroupQueryAttention."""
    signature = OLD_HEADS_SIGNATURE if reader.old_keras else HEADS_SIGNATURE
    given = {**dict(zip(signature, args, strict=False)), **kwargs}
    tensors = {key: value for key, value in given.items() if isinstance(value, Tensor)}
    if "query" not in tensors or "value" not in tensors:
        raise malformed(f"layer '{name}' is called without query and value", reader.file.describe)
    for word in ("query", "value", "key"):
        mask = reader.masks.of(tensors.get(word))
        if mask is not None:
            tensors.setdefault(f"{word}_mask", mask)
    tensors.setdefault("key", tensors["value"])
    attrs = {**reader.attributes(layer), **flags(given, "return_attention_scores", "use_causal_mask")}
    attrs["old_keras"] = int(reader.old_keras)
    attrs["drops"] = int(float(layer.config.get("dropout") or 0) > 0)
    results = reader.parts.add_named(
        layer.kind, name, {**tensors, **reader.weights(layer, name)}, attrs, 1 + attrs["return_attention_scores"]
    )
    mask = reader.masks.of(tensors["query"])
    if layer.kind == "MultiHeadAttention" and not reader.old_keras:
        for word in ("query", "value", "key"):  # Keras 3 takes the masks off its inputs, for layers that follow as well
            reader.masks.drop(tensors[word])
    reader.masks.set(results[0], mask)
    return results


def call_attention(
    reader: GraphReader, layer: Layer, args: list[Any], kwargs: dict[str, Any], name: str
) -> list[Tensor]:
    """Attention, AdditiveAttention: a list of query, value and perhaps key."""
    tensors = [leaf for leaf in leaves(args[:1]) if isinstance(leaf, Tensor)]
    if len(tensors) < 2:
        raise malformed(f"layer '{name}' is called without query and value", reader.file.describe)
    query, value, *rest = tensors
    masks = kwargs.get("mask", args[1] if len(args) > 1 else None)
    given = [mask if isinstance(mask, Tensor) else None for mask in masks] if isinstance(masks, list) else []
    given += [reader.masks.of(tensor) for tensor in (query, value)][len(given) :]
    named = {
        "query": query,
        "value": value,
        "key": rest[0] if rest else value,
        "query_mask": given[0],
        "value_mask": given[1],
        **reader.weights(layer, name),
    }
    attrs = {**reader.attributes(layer), **flags(kwargs, "return_attention_scores", "use_causal_mask")}
    attrs["use_causal_mask"] |= int(bool(layer.config.get("causal")))  # a setting of the layer in Keras 2
    results = reader.parts.add_named(layer.kind, name, named, attrs, 1 + attrs["return_attention_scores"])
    reader.masks.set(results[0], given[0])
    return results


def flags(given: dict[str, Any], *names: str) -> dict[str, int]:
    """Switches of the call."""
    return {name: int(given.get(name) is True) for name in names}


CALLS: dict[str, CallFn] = {
    "AdditiveAttention": call_attention,
    "Attention": call_attention,
    "GroupQueryAttention": call_heads,
    "MultiHeadAttention": call_heads,
}
