"""The published ONNX models, each with inputs of the kind that it was trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import modelconv as mc
import numpy as np
from support import real_models
from support.pictures import read_bmp, read_jpeg, resize, to_batch
from support.processes import skip_without
from support.reference import CLOSE

Array = np.ndarray
Feeds = dict[str, Array]


def cat() -> Array:
    return read_bmp(real_models.model_path("images/cat/resized_cat.bmp"))


def face() -> Array:
    skip_without("tensorflow")
    return read_jpeg(real_models.model_path("images/face/face.jpg"))


def ultraface() -> Feeds:
    return {"input": to_batch(resize(face(), 240, 320), 127, 128, channels_first=True)}


def mtcnn_pnet() -> Feeds:
    picture = resize(face(), 60, 86).swapaxes(0, 1)  # these networks take pictures transposed
    return {"input_1": to_batch(picture, 127.5, 128, channels_first=False)}


def mtcnn_rnet() -> Feeds:
    crops = [resize(face()[y : y + 120, x : x + 120], 24, 24) for y in (0, 100) for x in (50, 200, 350)]
    batches = [to_batch(crop.swapaxes(0, 1), 127.5, 128, channels_first=False) for crop in crops]
    return {"input_2": np.concatenate(batches)}


def silero_vad(rate: int, samples: int) -> Callable[[], Feeds]:
    """A rising tone in noise; the state is not zero, as after the first frames of a recording."""

    def make() -> Feeds:
        seconds = np.arange(samples) / rate
        generator = np.random.default_rng(0)
        sound = 0.5 * np.sin(2 * np.pi * (200 + 4000 * seconds) * seconds) + 0.01 * generator.standard_normal(samples)
        return {
            "input": sound[np.newaxis].astype(np.float32),
            "state": (0.1 * generator.standard_normal((2, 1, 128))).astype(np.float32),
            "sr": np.array(rate, np.int64),
        }

    return make


def centerface() -> Feeds:
    crops = [resize(cat()[y : y + 112, x : x + 112], 32, 32) for y in (0, 28, 56, 84, 112) for x in (0, 100)]
    return {"input.1": np.concatenate([to_batch(crop, 0, 1, channels_first=True) for crop in crops])}


def text_detection() -> Feeds:
    """Two lines of dark strokes on white paper, as high as letters: a picture without text gives nothing but zeros."""
    page = np.full((96, 160, 3), 255, np.uint8)
    for line in (24, 58):
        for column in range(12, 148, 7):
            page[line : line + 14, column : column + 3] = 20
            page[line + 5 * (column % 3) : line + 5 * (column % 3) + 3, column : column + 6] = 20
    return {"x": to_batch(page, 0.485 * 255, 0.229 * 255, channels_first=True)}


def text_direction() -> Feeds:
    return {"x": np.repeat(to_batch(resize(cat(), 48, 192), 127.5, 127.5, channels_first=True), 2, axis=0)}


def magika() -> Feeds:
    """Two Python files, each by its first and last 1024 bytes."""
    contents = [Path(module.__file__).read_bytes() for module in (mc.model, mc.verification)]
    return {"bytes": np.array([list(content[:1024] + content[-1024:]) for content in contents], np.int32)}


def diacritics() -> Feeds:
    """One sentence: with several, ONNX Runtime rounds the state per thread, and differs from itself by thread count."""
    return {"input": np.random.default_rng(1).integers(0, 302, (1, 23))}


def sentences() -> Feeds:
    """Two sentences of word pieces, the second one shorter; 101 and 102 are its begin and end marks."""
    ids = np.array([[101, 2023, 2003, 1037, 7953, 6251, 102], [101, 4937, 2938, 102, 0, 0, 0]], np.int64)
    return {"input_ids": ids, "attention_mask": (ids != 0).astype(np.int64), "token_type_ids": np.zeros_like(ids)}


@dataclass(frozen=True)
class Case:
    file: str
    inputs: Callable[[], Feeds]
    evaluated: float = CLOSE
    """How far modelconv's evaluator may be from ONNX Runtime, which itself is not exact."""
    rewritten: float = CLOSE
    """How far ONNX Runtime on the simplified file may be from itself on the original."""


CASES = [
    Case("ultraface_slim320/version-slim-320.onnx", ultraface),
    Case("ultraface_slim320/version-slim-320_without_postprocessing.onnx", ultraface),
    Case("ultraface_slim320/version-slim-320_simplified.onnx", ultraface),
    Case("mtcnn_pnet/pnet.onnx", mtcnn_pnet),
    Case("mtcnn_rnet/rnet.onnx", mtcnn_rnet),
    Case("silero_vad/silero_vad.onnx", silero_vad(16000, 576)),
    Case("silero_vad/silero_vad.onnx", silero_vad(8000, 288)),
    Case("centerface/centerface.onnx", centerface),
    # Probabilities at the edges of letters: ONNX Runtime is 0.8e-5 from an evaluation in float64, modelconv 1.0e-5, and
    # 1.7e-5 once 71 factors and terms are folded into the weights of convolutions, each of which rounds them.
    Case("ppocr_v4_det/ch_PP-OCRv4_det_infer.onnx", text_detection, evaluated=2.5e-5, rewritten=2e-5),
    Case("ppocr_v2_cls/ch_ppocr_mobile_v2.0_cls_infer.onnx", text_direction),
    # E[x^2] - E[x]^2 cancels: ONNX Runtime is 1.2e-4 from an evaluation in float64, modelconv less than 1e-7.
    Case("magika/model.onnx", magika, evaluated=2e-4),
    Case("tashkeel_rawi_int8/rawi.int8.onnx", diacritics),
    Case("minilm_l6_int8/model.onnx", sentences),
]
