"""Hugging Face architectures in small: one row each, with random weights and the sizes to compare at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

Inputs = dict[str, torch.Tensor]
# The example's inputs; with True others, of another batch and length or size.
MakeInputs = Callable[[bool], Inputs]

TEXT = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48, "vocab_size": 99}
DECODER = {**TEXT, "num_key_value_heads": 2, "max_position_embeddings": 64, "use_cache": False}
VISION = {**{key: value for key, value in TEXT.items() if key != "vocab_size"}, "image_size": 32, "patch_size": 8}
SOUND = {
    **TEXT, "conv_dim": [16, 16], "conv_stride": [5, 2], "conv_kernel": [10, 3], "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4,
}  # fmt: skip
PAIR = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "vocab_size": 99, "use_cache": False,
}  # fmt: skip
GPT2 = {"n_embd": 32, "n_layer": 2, "n_head": 4, "vocab_size": 99, "bos_token_id": 1, "eos_token_id": 2}
LAYERS = 2


def random_ids(batch: int, length: int) -> torch.Tensor:
    return torch.randint(3, 99, (batch, length), generator=torch.Generator().manual_seed(batch))


def random_tensor(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(shape[0]))


def text(other: bool) -> Inputs:
    ids = random_ids(3, 11) if other else random_ids(2, 8)
    mask = torch.ones_like(ids)
    mask[0, -3:] = 0
    return {"input_ids": ids, "attention_mask": mask}


def text_pair(other: bool) -> Inputs:
    inputs = text(other)
    return {**inputs, "decoder_input_ids": inputs["input_ids"][:, : 6 if other else 5]}


def text_and_image(other: bool) -> Inputs:
    return {**text(other), **image(32)(other)}


def cached(heads: int, width: int) -> MakeInputs:
    """One token more, after a past of some: keys and values of each layer are inputs."""

    def inputs(other: bool) -> Inputs:
        batch, past = (3, 9) if other else (2, 6)
        past_values = {
            f"past_{kind}_{layer}": random_tensor(batch, heads, past, width)
            for layer in range(LAYERS)
            for kind in ("key", "value")
        }
        mask = torch.ones(batch, past + 1, dtype=torch.int64)
        return {"input_ids": random_ids(batch, 1), "attention_mask": mask, **past_values}

    return inputs


def image(size: int) -> MakeInputs:
    return lambda other: {"pixel_values": random_tensor(3 if other else 2, 3, size, size)}


def sound(other: bool) -> Inputs:
    return {"input_values": random_tensor(*((3, 1200) if other else (2, 800)))}


def spectrogram(other: bool) -> Inputs:
    batch, length = (3, 7) if other else (2, 5)
    return {"input_features": random_tensor(batch, 8, 40), "decoder_input_ids": random_ids(batch, length)}


def patches_of_sound(other: bool) -> Inputs:
    return {"input_values": random_tensor(3 if other else 2, 64, 16)}


# Model class, inputs, configuration.
ROWS: list[tuple[str, MakeInputs, dict[str, Any]]] = [
    # Text: encoders.
    ("AlbertModel", text, {**TEXT, "embedding_size": 16}),
    ("BertModel", text, TEXT),
    ("CamembertModel", text, TEXT),
    ("DebertaV2Model", text, TEXT),
    ("DistilBertModel", text, {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48, "vocab_size": 99}),
    ("ElectraModel", text, {**TEXT, "embedding_size": 16}),
    ("MobileBertModel", text, {**TEXT, "intra_bottleneck_size": 32, "embedding_size": 16}),
    ("ModernBertModel", text, {**TEXT, **{f"{token}_token_id": 1 for token in ("pad", "cls", "sep", "bos", "eos")}}),
    ("MPNetModel", text, TEXT),
    ("RobertaModel", text, TEXT),
    ("XLMRobertaModel", text, TEXT),
    # Text: decoders.
    ("BloomModel", text, {"hidden_size": 32, "n_layer": 2, "n_head": 4, "vocab_size": 99, "use_cache": False}),
    ("GemmaModel", text, {**DECODER, "head_dim": 8}),
    ("GPT2LMHeadModel", text, {**GPT2, "use_cache": False}),
    ("GPTNeoXModel", text, {**TEXT, "use_cache": False}),
    ("LlamaForCausalLM", text, DECODER),
    ("MistralModel", text, DECODER),
    (
        "OPTModel",
        text,
        {**TEXT, "ffn_dim": 48, "word_embed_proj_dim": 32, "use_cache": False},
    ),
    ("PhiModel", text, {**TEXT, "use_cache": False}),
    ("Qwen2Model", text, DECODER),
    ("Qwen3Model", text, {**DECODER, "head_dim": 8}),
    # Text: decoders with a cache.
    ("GPT2LMHeadModel", cached(4, 8), GPT2),
    ("LlamaForCausalLM", cached(2, 8), {**DECODER, "use_cache": True}),
    ("Qwen3ForCausalLM", cached(2, 8), {**DECODER, "head_dim": 8, "use_cache": True}),
    # Text: encoder and decoder.
    ("BartModel", text_pair, PAIR),
    ("MarianModel", text_pair, {**PAIR, "pad_token_id": 0, "max_position_embeddings": 64}),
    ("PegasusModel", text_pair, {**PAIR, "max_position_embeddings": 64}),
    (
        "T5Model",
        text_pair,
        {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "vocab_size": 99, "use_cache": False},
    ),
    # Pictures.
    ("BeitModel", image(32), VISION),
    ("CLIPVisionModel", image(32), VISION),
    ("ConvNextModel", image(32), {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2}),
    ("DeiTModel", image(32), VISION),
    ("Dinov2Model", image(32), VISION),
    ("MobileNetV2Model", image(64), {}),
    ("MobileViTModel", image(64), {"hidden_sizes": [16, 24, 32], "neck_hidden_sizes": [8, 8, 8, 8, 16, 16, 32]}),
    ("PoolFormerModel", image(64), {"hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1]}),
    ("RegNetModel", image(32), {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "groups_width": 4}),
    ("ResNetModel", image(32), {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}),
    (
        "SwinModel",
        image(32),
        {"image_size": 32, "patch_size": 2, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4},
    ),
    ("ViTModel", image(32), VISION),
    # Pictures: detection and segmentation.
    ("YolosForObjectDetection", image(32), {**VISION, "image_size": [32, 32], "num_detection_tokens": 5}),
    (
        "SegformerForSemanticSegmentation",
        image(64),
        {
            "hidden_sizes": [8, 16, 16, 16],
            "depths": [1] * 4,
            "num_attention_heads": [1, 1, 2, 2],
            "decoder_hidden_size": 16,
        },
    ),
    ("BeitForSemanticSegmentation", image(32), {**VISION, "num_hidden_layers": 4, "out_indices": [1, 2, 3, 4]}),
    # Sound, and pictures with text.
    ("ASTModel", patches_of_sound, {**VISION, "num_mel_bins": 16, "max_length": 64}),
    ("HubertModel", sound, SOUND),
    ("Wav2Vec2Model", sound, SOUND),
    (
        "WhisperModel",
        spectrogram,
        {
            **PAIR,
            "num_mel_bins": 8,
            "max_source_positions": 20,
            "max_target_positions": 32,
            **{f"{token}_token_id": 1 for token in ("pad", "bos", "eos", "decoder_start")},
        },
    ),
    (
        "CLIPModel",
        text_and_image,
        {"text_config": {**TEXT, "eos_token_id": 2}, "vision_config": VISION, "projection_dim": 16},
    ),
]


def name_of(row: tuple[str, MakeInputs, dict[str, Any]]) -> str:
    return row[0] + (" with cache" if "past_key_0" in row[1](False) else "")


CASES = {name_of(row): row for row in ROWS}


class WithCache(torch.nn.Module):
    """Keys and values of the past as plain inputs and outputs."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        past_key_0: torch.Tensor,
        past_value_0: torch.Tensor,
        past_key_1: torch.Tensor,
        past_value_1: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        from transformers import DynamicCache

        cache = DynamicCache(config=self.model.config)
        for layer, (key, value) in enumerate([(past_key_0, past_value_0), (past_key_1, past_value_1)]):
            cache.update(key, value, layer)
        result = self.model(input_ids=input_ids, attention_mask=attention_mask, past_key_values=cache)
        names = {"logits": result.logits}
        for layer, entry in enumerate(cache.layers):
            names |= {f"key_{layer}": entry.keys, f"value_{layer}": entry.values}
        return names


def build(name: str) -> tuple[torch.nn.Module, MakeInputs]:
    """The model in inference mode, and its inputs."""
    import transformers

    model_class, inputs, settings = CASES[name]
    model_type = getattr(transformers, model_class)
    torch.manual_seed(0)
    model = model_type(model_type.config_class(**settings)).eval()
    disturb(model)
    return WithCache(model).eval() if name.endswith("with cache") else model, inputs


def disturb(model: torch.nn.Module) -> None:
    """No bias is zero, no factor is one, and signals neither vanish nor explode on their way through many layers."""
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn_like(parameter)
            if parameter.dim() > 1:
                parameter.copy_(noise / parameter[0].numel() ** 0.5)
            else:
                parameter.add_(noise, alpha=0.1)


def axes_of(inputs: Inputs) -> dict[str, dict[int, str]]:
    """Batch, and the length of sequences; a decoder's own length has a name of its own, so has that of the past."""
    return {name: {0: "batch", **length_of(name, tensor)} for name, tensor in inputs.items()}


def length_of(name: str, tensor: torch.Tensor) -> dict[int, str]:
    if name.startswith("past_"):
        return {2: "past"}
    if name.startswith("decoder"):
        return {1: "target"}
    if tensor.dim() != 2 or tensor.shape[1] == 1:
        return {}
    return {1: "length"}
