"""Hugging Face architectures from small random configurations: exported with dynamic sizes, compared at other sizes.

    cd tests; PYTHONPATH=../python:. python -m conformance.huggingface [--peers] [--only NAME ...]

Needs transformers (not among the pinned requirements: pip install --no-deps transformers and what it asks for).
`--peers` counts torch.onnx's default exporter on the same list (needs onnxscript). Times are processor seconds; ours
are split into torch.export's capture and the rest.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnxruntime
import torch

TINY = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48, "vocab_size": 99}
TOLERANCE = 1e-4  # of the output's largest magnitude


def text_inputs(batch: int, length: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(batch)
    return {
        "input_ids": torch.randint(3, 99, (batch, length), generator=generator),
        "attention_mask": torch.ones(batch, length, dtype=torch.int64),
    }


def image_inputs(batch: int, size: int) -> dict[str, torch.Tensor]:
    return {"pixel_values": torch.randn(batch, 3, size, size, generator=torch.Generator().manual_seed(batch))}


def text(batch: bool) -> dict[str, torch.Tensor]:
    return text_inputs(*((2, 8) if not batch else (3, 11)))


def seq2seq(other: bool) -> dict[str, torch.Tensor]:
    inputs = text(other)
    return {**inputs, "decoder_input_ids": inputs["input_ids"][:, :5]}


def image(size: int) -> Callable[[bool], dict[str, torch.Tensor]]:
    return lambda other: image_inputs(3 if other else 2, size)


def audio(other: bool) -> dict[str, torch.Tensor]:
    shape = (3, 1200) if other else (2, 800)
    return {"input_values": torch.randn(*shape, generator=torch.Generator().manual_seed(1))}


def case(config: str, model: str, inputs: Callable[[bool], dict[str, torch.Tensor]], **settings: Any) -> Any:
    """Configuration class, model class, inputs (the example; others), settings."""
    return config, model, inputs, settings


DECODER = {**TINY, "num_key_value_heads": 2, "max_position_embeddings": 64}
SWIN = {"image_size": 32, "patch_size": 2, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4}
VISION = {**{k: v for k, v in TINY.items() if k != "vocab_size"}, "image_size": 32, "patch_size": 8}
CASES: dict[str, Any] = {
    "albert": case("AlbertConfig", "AlbertModel", text, **TINY, embedding_size=16),
    "bert": case("BertConfig", "BertModel", text, **TINY),
    "camembert": case("CamembertConfig", "CamembertModel", text, **TINY),
    "deberta_v2": case("DebertaV2Config", "DebertaV2Model", text, **TINY),
    "distilbert": case(
        "DistilBertConfig", "DistilBertModel", text, dim=32, n_layers=2, n_heads=4, hidden_dim=48, vocab_size=99
    ),
    "electra": case("ElectraConfig", "ElectraModel", text, **TINY, embedding_size=16),
    "mobilebert": case(
        "MobileBertConfig", "MobileBertModel", text, **{**TINY, "intra_bottleneck_size": 32}, embedding_size=16
    ),
    "mpnet": case("MPNetConfig", "MPNetModel", text, **TINY),
    "roberta": case("RobertaConfig", "RobertaModel", text, **TINY),
    "xlm_roberta": case("XLMRobertaConfig", "XLMRobertaModel", text, **TINY),
    "modernbert": case(
        "ModernBertConfig", "ModernBertModel", text, **TINY, pad_token_id=0, cls_token_id=1, sep_token_id=2
    ),
    "gpt2": case("GPT2Config", "GPT2LMHeadModel", text, n_embd=32, n_layer=2, n_head=4, vocab_size=99, use_cache=False),
    "gpt_neox": case("GPTNeoXConfig", "GPTNeoXModel", text, **TINY, use_cache=False),
    "llama": case("LlamaConfig", "LlamaForCausalLM", text, **DECODER, use_cache=False),
    "mistral": case("MistralConfig", "MistralModel", text, **DECODER, use_cache=False),
    "qwen2": case("Qwen2Config", "Qwen2Model", text, **DECODER, use_cache=False),
    "qwen3": case("Qwen3Config", "Qwen3Model", text, **DECODER, head_dim=8, use_cache=False),
    "gemma": case("GemmaConfig", "GemmaModel", text, **DECODER, head_dim=8, use_cache=False),
    "phi": case("PhiConfig", "PhiModel", text, **TINY, use_cache=False),
    "opt": case(
        "OPTConfig",
        "OPTModel",
        text,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        ffn_dim=48,
        vocab_size=99,
        word_embed_proj_dim=32,
        use_cache=False,
    ),
    "bloom": case(
        "BloomConfig", "BloomModel", text, hidden_size=32, n_layer=2, n_head=4, vocab_size=99, use_cache=False
    ),
    "t5": case(
        "T5Config",
        "T5Model",
        seq2seq,
        d_model=32,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        vocab_size=99,
        use_cache=False,
    ),
    "bart": case(
        "BartConfig",
        "BartModel",
        seq2seq,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        vocab_size=99,
        use_cache=False,
    ),
    "vit": case("ViTConfig", "ViTModel", image(32), **VISION),
    "deit": case("DeiTConfig", "DeiTModel", image(32), **VISION),
    "beit": case("BeitConfig", "BeitModel", image(32), **VISION),
    "dinov2": case(
        "Dinov2Config",
        "Dinov2Model",
        image(32),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=32,
        patch_size=8,
    ),
    "swin": case("SwinConfig", "SwinModel", image(32), **SWIN),
    "convnext": case("ConvNextConfig", "ConvNextModel", image(32), hidden_sizes=[8, 16], depths=[1, 1], num_stages=2),
    "resnet": case("ResNetConfig", "ResNetModel", image(32), embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1]),
    "mobilenet_v2": case("MobileNetV2Config", "MobileNetV2Model", image(64)),
    "regnet": case(
        "RegNetConfig", "RegNetModel", image(32), embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], groups_width=4
    ),
    "segformer": case(
        "SegformerConfig",
        "SegformerForSemanticSegmentation",
        image(64),
        hidden_sizes=[8, 16, 16, 16],
        depths=[1] * 4,
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=16,
    ),
    "detr_like": case(
        "YolosConfig",
        "YolosForObjectDetection",
        image(32),
        **{**VISION, "image_size": [32, 32]},
        num_detection_tokens=5,
    ),
    "clip_vision": case("CLIPVisionConfig", "CLIPVisionModel", image(32), **VISION),
    "wav2vec2": case(
        "Wav2Vec2Config",
        "Wav2Vec2Model",
        audio,
        **{
            **TINY,
            "conv_dim": [16, 16],
            "conv_stride": [5, 2],
            "conv_kernel": [10, 3],
            "num_feat_extract_layers": 2,
            "num_conv_pos_embeddings": 16,
            "num_conv_pos_embedding_groups": 4,
        },
    ),
    "hubert": case(
        "HubertConfig",
        "HubertModel",
        audio,
        **{
            **TINY,
            "conv_dim": [16, 16],
            "conv_stride": [5, 2],
            "conv_kernel": [10, 3],
            "num_feat_extract_layers": 2,
            "num_conv_pos_embeddings": 16,
            "num_conv_pos_embedding_groups": 4,
        },
    ),
}


def build(name: str) -> tuple[torch.nn.Module, Callable[[bool], dict[str, torch.Tensor]]]:
    """The model in inference mode, and its inputs."""
    import transformers

    config, model, inputs, settings = CASES[name]
    torch.manual_seed(0)
    made = getattr(transformers, model)(getattr(transformers, config)(**settings)).eval()
    return made, inputs


def axes_of(inputs: dict[str, torch.Tensor]) -> dict[str, dict[int, str]]:
    """Batch, and the length of sequences; a decoder's own length has a name of its own."""
    return {
        name: {0: "batch"}
        if tensor.dim() == 4
        else {0: "batch", 1: "target" if name.startswith("decoder") else "length"}
        for name, tensor in inputs.items()
    }


def largest_error(path: Path, model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> float:
    """Of all outputs that are tensors, relative to their largest magnitude, ONNX Runtime against eager PyTorch."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = {value.name for value in session.get_inputs()}
    results = session.run(None, {name: t.numpy() for name, t in inputs.items() if name in wanted})
    with torch.no_grad():
        expected = [t for t in torch.utils._pytree.tree_leaves(model(**inputs)) if isinstance(t, torch.Tensor)]
    if len(results) != len(expected):
        raise AssertionError(f"{len(results)} outputs, {len(expected)} expected")
    worst = 0.0
    for value, tensor in zip(results, expected, strict=True):
        reference = tensor.numpy()
        if value.shape != reference.shape:
            raise AssertionError(f"shape {value.shape}, {reference.shape} expected")
        scale = max(float(np.abs(reference).max(initial=0)), 1e-9)
        worst = max(worst, float(np.abs(value - reference).max(initial=0)) / scale)
    return worst


def ours(model: torch.nn.Module, inputs: dict[str, torch.Tensor], path: Path) -> tuple[float, float]:
    """Processor seconds of the capture and of the rest."""
    from modelconv.sources import torch_load
    from modelconv.sources.live import Shapes

    start = time.process_time()
    captured = torch_load.captured_of(model, inputs, Shapes({}, axes_of(inputs)))
    between = time.process_time()
    core = torch_load.load_program(torch_load.program_of(captured), type(model).__name__)
    mc.convert(mc.Model(core), path)
    return between - start, time.process_time() - between


def theirs(model: torch.nn.Module, inputs: dict[str, torch.Tensor], path: Path) -> float:
    """Processor seconds of torch.onnx's default exporter."""
    auto = torch.export.Dim.AUTO
    shapes = {name: dict.fromkeys(axes, auto) for name, axes in axes_of(inputs).items()}
    start = time.process_time()
    torch.onnx.export(model, (), str(path), kwargs=inputs, dynamic_shapes=shapes, dynamo=True, verbose=False)
    return time.process_time() - start


def report(name: str, folder: Path, peers: bool) -> list[str]:
    """One row: ours, and the peer."""
    model, inputs = build(name)
    cells = [name]
    try:
        capture, rest = ours(model, inputs(False), folder / "ours.onnx")
        error = largest_error(folder / "ours.onnx", model, inputs(True))
        cells += ["ok" if error <= TOLERANCE else "DIFFERS", f"{error:.1e}", f"{capture:.2f}", f"{rest:.2f}"]
    except Exception as problem:  # the table is about what fails, whatever the reason
        cells += ["FAILS", " ".join(str(problem).split())[:150], "", ""]
    if peers:
        try:
            seconds = theirs(model, inputs(False), folder / "theirs.onnx")
            error = largest_error(folder / "theirs.onnx", model, inputs(True))
            cells += ["ok" if error <= TOLERANCE else "DIFFERS", f"{seconds:.2f}"]
        except Exception as problem:  # as above
            cells += ["FAILS", " ".join(str(problem).split())[:80]]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--only", nargs="*", default=list(CASES))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print("architecture  modelconv  error  capture_s  rest_s" + ("  torch.onnx  seconds" if arguments.peers else ""))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only:
            rows.append(report(name, Path(folder), arguments.peers))
            print("  ".join(rows[-1]), flush=True)
    print(f"modelconv: {sum(row[1] == 'ok' for row in rows)} of {len(rows)}")
    if arguments.peers:
        print(f"torch.onnx: {sum(row[5] == 'ok' for row in rows)} of {len(rows)}")


if __name__ == "__main__":
    main()
