"""The architectures exported from PyTorch: how each is built, on what it is run, and which dimensions are dynamic.

Configurations are smaller than the published ones (fewer channels, layers where they only repeat), so that a corpus is
built in minutes; the graph around each layer is the published one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn
from torch_networks import (
    Denoiser,
    Detector,
    Mixer,
    ShuffleNet,
    SuperResolution,
    TextRecogniser,
    UNet,
)
from torch_wrappers import BERT, ByName, Clip, DetrOfPictures, OfPictures, SpeechEncoder, Translator, Waves, of

BATCH, SEQUENCE = "batch", "sequence"


@dataclass
class Entry:
    build: Callable[[], nn.Module]
    inputs: dict[str, torch.Tensor]
    outputs: list[str]
    dynamic: dict[str, dict[int, str]] = field(default_factory=dict)
    """Of inputs; by the TorchScript exporter also of outputs."""
    exporters: tuple[str, ...] = ("script", "dynamo")


def picture(
    build: Callable[[], nn.Module], output: str, size: int = 224, *, dynamic: bool = True, **more: object
) -> Entry:
    inputs = {"pixel_values": torch.randn(1, 3, size, size)}
    axes = {"pixel_values": {0: BATCH}, "result": {0: BATCH}} if dynamic else {}
    return Entry(lambda: OfPictures(build(), output), inputs, ["result"], axes, **more)


def image(build: Callable[[], nn.Module], *shape: int, dynamic: tuple[int, ...] = (0,), **more: object) -> Entry:
    names = {0: BATCH, 2: "height", 3: "width"}
    axes = (
        {"x": {axis: names[axis] for axis in dynamic}, "result": {axis: names[axis] for axis in dynamic}}
        if dynamic
        else {}
    )
    return Entry(build, {"x": torch.randn(*shape)}, ["result"], axes, **more)


def text(
    build: Callable[[], nn.Module], output: str, length: int = 16, *, fixed: dict | None = None, **more: object
) -> Entry:
    inputs = {
        "input_ids": torch.randint(3, 500, (2, length)),
        "attention_mask": torch.ones(2, length, dtype=torch.int64),
    }
    inputs["attention_mask"][1, length - 4 :] = 0
    axes = {name: {0: BATCH, 1: SEQUENCE} for name in (*inputs, "result")}
    return Entry(lambda: ByName(build(), output, **(fixed or {})), inputs, ["result"], axes, **more)


VIT = {"hidden_size": 96, "num_hidden_layers": 6, "num_attention_heads": 4, "intermediate_size": 192}
LLAMA = {**BERT, "num_key_value_heads": 2, "max_position_embeddings": 256}
NO_CACHE = {"use_cache": False}


MODELS: dict[str, Entry] = {
    # --- pictures
    "resnet50": picture(lambda: of("ResNetConfig", "ResNetForImageClassification"), "logits"),
    "regnet": picture(lambda: of("RegNetConfig", "RegNetForImageClassification"), "logits", exporters=("script",)),
    "mobilenet_v1": picture(
        lambda: of("MobileNetV1Config", "MobileNetV1ForImageClassification"), "logits", exporters=("dynamo",)
    ),
    "mobilenet_v2": picture(lambda: of("MobileNetV2Config", "MobileNetV2ForImageClassification"), "logits"),
    "efficientnet": picture(
        lambda: of(
            "EfficientNetConfig",
            "EfficientNetForImageClassification",
            width_coefficient=0.5,
            depth_coefficient=1.0,
            hidden_dim=640,
        ),
        "logits",
        128,
        exporters=("script",),
    ),
    "convnext": picture(
        lambda: of("ConvNextConfig", "ConvNextForImageClassification", hidden_sizes=[24, 48, 96, 192]), "logits"
    ),
    "vit": picture(lambda: of("ViTConfig", "ViTForImageClassification", **VIT), "logits"),
    "deit": picture(lambda: of("DeiTConfig", "DeiTForImageClassification", **VIT), "logits", exporters=("script",)),
    "beit": picture(
        lambda: of("BeitConfig", "BeitForImageClassification", **VIT, use_relative_position_bias=True), "logits"
    ),
    "dinov2": picture(
        lambda: of(
            "Dinov2Config",
            "Dinov2ForImageClassification",
            hidden_size=96,
            num_hidden_layers=6,
            num_attention_heads=4,
            image_size=224,
            patch_size=14,
        ),
        "logits",
        exporters=("dynamo",),
    ),
    "swin": picture(lambda: of("SwinConfig", "SwinForImageClassification", embed_dim=24), "logits"),
    # The corpus's largest graph: more than 10,000 nodes, with Constant.
    "swin_deep": picture(
        lambda: of("SwinConfig", "SwinForImageClassification", embed_dim=24, depths=[2, 2, 26, 2]),
        "logits",
        exporters=("script",),
    ),
    "swin_v2": picture(
        lambda: of(
            "Swinv2Config",
            "Swinv2ForImageClassification",
            embed_dim=24,
            depths=[2, 2, 2, 2],
            image_size=256,
            window_size=8,
        ),
        "logits",
        256,
        exporters=("script",),
    ),
    "levit": picture(lambda: of("LevitConfig", "LevitForImageClassification"), "logits", exporters=("script",)),
    "mobilevit": picture(
        lambda: of("MobileViTConfig", "MobileViTForImageClassification", hidden_sizes=[48, 64, 80]),
        "logits",
        256,
        exporters=("script",),
    ),
    "poolformer": picture(
        lambda: of("PoolFormerConfig", "PoolFormerForImageClassification", hidden_sizes=[24, 48, 96, 128]),
        "logits",
        exporters=("script",),
    ),
    "segformer": picture(
        lambda: of("SegformerConfig", "SegformerForSemanticSegmentation", num_labels=19, decoder_hidden_size=64),
        "logits",
    ),
    "dpt": picture(
        lambda: of(
            "DPTConfig",
            "DPTForDepthEstimation",
            **VIT,
            backbone_out_indices=[1, 2, 3, 5],
            neck_hidden_sizes=[16, 32, 64, 64],
            fusion_hidden_size=32,
            image_size=224,
        ),
        "predicted_depth",
        exporters=("dynamo",),
    ),
    "yolos": picture(
        lambda: of("YolosConfig", "YolosForObjectDetection", **VIT, image_size=[224, 224], num_detection_tokens=20),
        "logits",
        exporters=("script",),
    ),
    "detr": Entry(
        DetrOfPictures,
        {"pixel_values": torch.randn(1, 3, 256, 256)},
        ["logits", "boxes"],
        {name: {0: BATCH} for name in ("pixel_values", "logits", "boxes")},
    ),
    "shufflenet": image(ShuffleNet, 1, 3, 224, 224, exporters=("script",)),
    "unet": image(UNet, 1, 3, 128, 128, dynamic=(0, 2, 3)),
    "super_resolution": image(SuperResolution, 1, 3, 48, 48, dynamic=(0, 2, 3), exporters=("dynamo",)),
    "crnn": Entry(
        TextRecogniser, {"x": torch.randn(1, 1, 32, 128)}, ["result"], {"x": {0: BATCH}, "result": {1: BATCH}}
    ),
    "detector": image(Detector, 1, 3, 256, 256),
    "mixer": image(Mixer, 1, 3, 112, 112),
    "denoiser": Entry(
        Denoiser,
        {"x": torch.randn(1, 4, 16, 16), "step": torch.tensor([7])},
        ["result"],
        {name: {0: BATCH} for name in ("x", "step", "result")},
    ),
    # --- text
    "bert": text(lambda: of("BertConfig", "BertModel", **BERT), "last_hidden_state"),
    "roberta": text(
        lambda: of("RobertaConfig", "RobertaForTokenClassification", **BERT), "logits", exporters=("script",)
    ),
    "distilbert": text(
        lambda: of(
            "DistilBertConfig",
            "DistilBertForSequenceClassification",
            vocab_size=500,
            dim=96,
            n_layers=4,
            n_heads=4,
            hidden_dim=192,
        ),
        "logits",
        exporters=("dynamo",),
    ),
    "albert": text(
        lambda: of("AlbertConfig", "AlbertForMaskedLM", **BERT, embedding_size=32), "logits", exporters=("dynamo",)
    ),
    "deberta_v2": text(
        lambda: of(
            "DebertaV2Config",
            "DebertaV2Model",
            **BERT,
            relative_attention=True,
            pos_att_type=["p2c", "c2p"],
            position_buckets=32,
            norm_rel_ebd="layer_norm",
            share_att_key=True,
        ),
        "last_hidden_state",
    ),
    "mpnet": text(lambda: of("MPNetConfig", "MPNetModel", **BERT), "last_hidden_state", exporters=("script",)),
    "gpt2": text(
        lambda: of("GPT2Config", "GPT2LMHeadModel", vocab_size=500, n_embd=96, n_layer=4, n_head=4, n_positions=256),
        "logits",
        fixed=NO_CACHE,
    ),
    "gpt_neox": text(
        lambda: of("GPTNeoXConfig", "GPTNeoXForCausalLM", **BERT), "logits", fixed=NO_CACHE, exporters=("script",)
    ),
    "llama": text(lambda: of("LlamaConfig", "LlamaForCausalLM", **LLAMA), "logits", fixed=NO_CACHE),
    "mistral": text(
        lambda: of("MistralConfig", "MistralForCausalLM", **LLAMA, sliding_window=None),
        "logits",
        fixed=NO_CACHE,
        exporters=("dynamo",),
    ),
    "qwen2": text(
        lambda: of("Qwen2Config", "Qwen2ForCausalLM", **LLAMA), "logits", fixed=NO_CACHE, exporters=("script",)
    ),
    "t5": Entry(
        Translator,
        {"input_ids": torch.randint(3, 500, (2, 12)), "decoder_input_ids": torch.randint(3, 500, (2, 8))},
        ["logits"],
        {
            "input_ids": {0: BATCH, 1: SEQUENCE},
            "decoder_input_ids": {0: BATCH, 1: "target"},
            "logits": {0: BATCH, 1: "target"},
        },
    ),
    # --- both, and sound
    "clip": Entry(
        Clip,
        {"input_ids": torch.randint(3, 500, (2, 16)), "pixel_values": torch.randn(2, 3, 224, 224)},
        ["logits_per_image", "text_embeds"],
        {"pixel_values": {0: BATCH}, "input_ids": {0: "texts", 1: SEQUENCE}},
    ),
    "whisper_encoder": Entry(
        SpeechEncoder,
        {"input_features": torch.randn(1, 80, 200)},
        ["states"],
        {"input_features": {0: BATCH}, "states": {0: BATCH}},
    ),
    "wav2vec2": Entry(
        Waves,
        {"input_values": torch.randn(1, 8000)},
        ["logits"],
        {"input_values": {0: BATCH, 1: "samples"}, "logits": {0: BATCH, 1: "frames"}},
    ),
}
