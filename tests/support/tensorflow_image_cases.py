"""Cases (see tensorflow_arguments.py) of operators on images and matrices."""

from typing import Any

import numpy as np
from support.tensorflow_arguments import (
    BOXES,
    LOWEST,
    OVERLAP,
    Case,
    Const,
    Typed,
    f,
    float_scalar,
    i,
    int_scalar,
    ints,
    positive,
    suppression,
)

CROPS = np.array([[0, 0, 1, 1], [0.2, 0.9, 0.8, 0.1], [-0.3, 0.1, 1.2, 1.4], [0.5, 0.5, 0.5, 0.5]], np.float32)


def crop(rows: int, columns: int, **more: Any) -> Case:
    return {
        "image": f(2, 7, 9, 3),
        "boxes": CROPS,
        "box_ind": np.array([0, 1, 1, 0], np.int32),
        "crop_size": ints(rows, columns),
        **more,
    }


def combined(classes: int, boxes_differ: bool, **more: Any) -> Case:
    shifts = np.linspace(0, 1, classes if boxes_differ else 1, dtype=np.float32)[None, None, :, None]
    return {
        "boxes": np.stack([BOXES, BOXES[::-1] * 0.3])[:, :, None, :] + shifts,
        "scores": np.abs(f(2, 5, classes)),
        "max_output_size_per_class": int_scalar(3),
        "max_total_size": int_scalar(7),
        "iou_threshold": float_scalar(0.5),
        "score_threshold": float_scalar(0.2),
        **more,
    }


def faked(**more: Any) -> Case:
    return {"inputs": 4 * f(3, 5), **more}


def ranged(low: Any, high: Any, **more: Any) -> Case:
    return {"inputs": 4 * f(3, 2), "min": low, "max": high, **more}


def banded(diagonals: np.ndarray, k: Any, rows: int = -1, columns: int = -1, padding: float = 0, **more: Any) -> Case:
    return {
        "diagonal": diagonals,
        "k": k,
        "num_rows": int_scalar(rows),
        "num_cols": int_scalar(columns),
        "padding_value": float_scalar(padding),
        **more,
    }


def parts(shape: tuple[int, ...], k: Any, padding: float = 0, **more: Any) -> Case:
    return {"input": f(*shape), "k": k, "padding_value": float_scalar(padding), **more}


def patches(window: int, stride: int, rate: int, padding: str, dtype: type = np.float32) -> Case:
    return {
        "images": (9 * f(2, 8, 7, 3)).astype(dtype),
        "ksizes": [1, window, 2, 1],
        "strides": [1, stride, stride, 1],
        "rates": [1, rate, rate, 1],
        "padding": padding,
    }


def dilation(padding: str, stride: int = 1, rate: int = 1) -> Case:
    return {
        "input": f(2, 6, 7, 3),
        "filter": Const(f(2, 3, 3)),
        "strides": [1, stride, stride, 1],
        "rates": [1, rate, rate, 1],
        "padding": padding,
    }


def colours(name: str = "images") -> Case:
    return {name: np.clip(positive(2, 3, 4, 3) - 0.5, 0, 1)}


QUANTISED = Typed(np.array([0, 1, 100, 255], np.uint8), "quint8")
ALIGNS = ["LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"]
BAND = f(2, 3, 4)  # three diagonals, the longest of four elements

IMAGE_CASES: dict[str, list[Case]] = {
    "AdjustContrastv2": [
        {"images": f(2, 4, 5, 3), "contrast_factor": float_scalar(1.7)},
        {"images": f(4, 5, 3), "contrast_factor": np.array(0.4, np.float32)},
    ],
    "AdjustHue": [{**colours(), "delta": float_scalar(0.3)}, {**colours(), "delta": np.array(-0.4, np.float32)}],
    "AdjustSaturation": [
        {**colours(), "scale": float_scalar(0.3)},
        {**colours(), "scale": np.array(1.8, np.float32)},
    ],
    "CombinedNonMaxSuppression": [
        combined(3, boxes_differ=False),
        combined(3, boxes_differ=True),
        combined(2, boxes_differ=False, pad_per_class=True),
        combined(2, boxes_differ=True, clip_boxes=False),
    ],
    "CropAndResize": [
        crop(4, 5),
        crop(4, 5, method="nearest"),
        crop(1, 3, extrapolation_value=2.5),
        crop(3, 1, method="nearest", extrapolation_value=-1.0),
        {**crop(4, 4), "image": i(2, 6, 6, 3, low=0, high=255, dtype=np.uint8)},
    ],
    "Dilation2D": [dilation("VALID"), dilation("SAME"), dilation("VALID", 2), dilation("VALID", 1, 2)],
    "ExtractImagePatches": [
        patches(2, 1, 1, "VALID"),
        patches(3, 2, 1, "SAME"),
        patches(2, 1, 2, "VALID"),
        patches(2, 2, 1, "SAME", np.int32),
    ],
    "FakeQuantWithMinMaxArgs": [
        faked(),
        faked(min=-1.2, max=3.3),
        faked(min=0.0, max=2.0, num_bits=4),
        faked(min=-3.0, max=1.0, narrow_range=True),
        faked(min=-3.0, max=1.0, num_bits=16),
    ],
    "FakeQuantWithMinMaxVars": [
        ranged(float_scalar(-1.2), float_scalar(3.3)),
        ranged(np.array(-2, np.float32), np.array(1.5, np.float32), narrow_range=True),
        ranged(float_scalar(0), float_scalar(0)),
    ],
    "FakeQuantWithMinMaxVarsPerChannel": [
        ranged(Const(np.array([-1, -3], np.float32)), Const(np.array([2, 0.5], np.float32))),
        ranged(np.array([-1, -3], np.float32), np.array([2, 0.5], np.float32), num_bits=6),
    ],
    "Dequantize": [
        {"input": QUANTISED, "min_range": float_scalar(-2), "max_range": float_scalar(3)},
        {"input": QUANTISED, "min_range": float_scalar(-2), "max_range": float_scalar(3), "mode": "SCALED"},
    ],
    "HSVToRGB": [colours(), colours()],
    "MatrixBandPart": [
        {"input": f(4, 5), "num_lower": int_scalar(1), "num_upper": int_scalar(2)},
        {"input": f(2, 4, 4), "num_lower": int_scalar(-1), "num_upper": int_scalar(0)},
        {"input": f(3, 4), "num_lower": np.array(0, np.int32), "num_upper": np.array(-1, np.int32)},
    ],
    "MatrixDeterminant": [{"input": f(3, 3)}, {"input": f(2, 4, 4)}],
    "MatrixDiag": [{"diagonal": f(4)}, {"diagonal": f(2, 3)}],
    "MatrixDiagPart": [{"input": f(4, 4)}, {"input": f(2, 3, 5)}],
    "MatrixDiagPartV2": [
        parts((4, 5), int_scalar(1)),
        parts((2, 4, 3), ints(-1, 2), 7),
    ],
    "MatrixDiagPartV3": [
        *[parts((2, 4, 5), ints(-2, 1), 7, align=align) for align in ALIGNS],
        parts((4, 4), int_scalar(-2)),
    ],
    "MatrixDiagV2": [banded(f(2, 3), int_scalar(1)), banded(BAND, ints(-1, 1), 4, 4, 5)],
    "MatrixDiagV3": [
        *[banded(BAND, ints(-1, 1), align=align) for align in ALIGNS],
        banded(f(3), int_scalar(-2), 5, 4, 2),
    ],
    "MatrixInverse": [
        {"input": f(3, 3)},
        {"input": f(2, 4, 4), "adjoint": True},
        {"input": np.array([[0, 1], [2, 0]], np.float32)},
    ],
    "MatrixSetDiag": [{"input": f(4, 4), "diagonal": f(4)}, {"input": f(2, 3, 5), "diagonal": f(2, 3)}],
    "MatrixSetDiagV2": [
        {"input": f(4, 5), "diagonal": f(4), "k": int_scalar(1)},
        {"input": f(2, 4, 4), "diagonal": BAND, "k": ints(-1, 1)},
    ],
    "MatrixSetDiagV3": [
        *[{"input": f(2, 4, 4), "diagonal": BAND, "k": ints(-1, 1), "align": align} for align in ALIGNS],
    ],
    "QuantizeAndDequantizeV2": [
        {"input": f(3, 4), "input_min": float_scalar(-1), "input_max": float_scalar(1.5)},
        {"input": f(3, 4), "input_min": float_scalar(0), "input_max": float_scalar(0), "range_given": False},
        {
            "input": positive(3, 4),
            "input_min": float_scalar(0),
            "input_max": float_scalar(1),
            "signed_input": False,
            "num_bits": 5,
            "range_given": True,
            "round_mode": "HALF_UP",
        },
    ],
    "QuantizeAndDequantizeV3": [
        {
            "input": f(3, 4),
            "input_min": float_scalar(-1),
            "input_max": float_scalar(1.5),
            "num_bits": int_scalar(6),
        },
        {
            "input": f(2, 3),
            "input_min": float_scalar(0),
            "input_max": float_scalar(0),
            "num_bits": int_scalar(8),
            "range_given": False,
        },
    ],
    "QuantizeAndDequantizeV4": [
        {
            "input": f(3, 4),
            "input_min": Const(np.zeros(3, np.float32)),
            "input_max": Const(np.zeros(3, np.float32)),
            "axis": 0,
            "narrow_range": True,
        },
        {"input": f(3, 4), "input_min": float_scalar(-1), "input_max": float_scalar(1.5), "range_given": True},
        {"input": f(2, 3), "input_min": float_scalar(0), "input_max": float_scalar(0)},
    ],
    "RGBToHSV": [colours(), {"images": np.array([[0.2, 0.2, 0.2], [0, 0, 0], [0.9, 0.1, 0.1]], np.float32)}],
    "ResizeArea": [
        {"images": f(1, 6, 8, 2), "size": ints(3, 4)},
        {"images": f(2, 5, 7, 1), "size": ints(3, 5)},
        {"images": f(2, 5, 7, 1), "size": np.array([8, 3], np.int32)},
    ],
    "ResizeBicubic": [
        {"images": f(1, 4, 5, 2), "size": ints(8, 10)},
        {"images": f(1, 4, 5, 2), "size": ints(8, 10), "half_pixel_centers": True},
        {"images": f(1, 5, 3, 2), "size": ints(9, 4), "align_corners": True},
        {"images": f(1, 7, 5, 2), "size": ints(4, 13), "half_pixel_centers": True},
        {"images": f(1, 8, 8, 2), "size": np.array([4, 2], np.int32)},
    ],
    "SoftmaxCrossEntropyWithLogits": [
        {"features": f(3, 4), "labels": positive(3, 4) / 4},
        {"features": f(2, 5), "labels": np.eye(5, dtype=np.float32)[[1, 4]]},
    ],
    "SparseSoftmaxCrossEntropyWithLogits": [
        {"features": f(3, 4), "labels": np.array([0, 3, 1], np.int32)},
        {"features": f(2, 5), "labels": np.array([4, 4], np.int64)},
    ],
    # images
    "BatchToSpaceND": [
        {"input": f(4, 2, 3, 2), "block_shape": ints(2, 2), "crops": Const(np.zeros((2, 2), np.int32))},
        {"input": f(6, 4, 5, 2), "block_shape": ints(3, 2), "crops": Const(np.array([[1, 0], [2, 1]], np.int32))},
    ],
    "DepthToSpace": [{"input": f(2, 3, 4, 8), "block_size": 2}, {"input": f(1, 2, 2, 9), "block_size": 3}],
    "ResizeBilinear": [
        {"images": f(1, 4, 5, 2), "size": ints(8, 7)},
        {"images": f(1, 4, 5, 2), "size": ints(8, 7), "align_corners": True},
        {"images": f(1, 4, 5, 2), "size": ints(8, 7), "half_pixel_centers": True},
        {"images": f(1, 9, 8, 2), "size": np.array([4, 3], np.int32)},
    ],
    "ResizeNearestNeighbor": [
        {"images": f(1, 4, 5, 2), "size": ints(8, 7)},
        {"images": f(1, 4, 5, 2), "size": ints(8, 7), "align_corners": True},
        {"images": f(1, 4, 5, 2), "size": ints(8, 7), "half_pixel_centers": True},
    ],
    "SpaceToBatchND": [
        {"input": f(1, 4, 6, 2), "block_shape": ints(2, 2), "paddings": Const(np.zeros((2, 2), np.int32))},
        {"input": f(2, 4, 5, 2), "block_shape": ints(3, 2), "paddings": Const(np.array([[1, 1], [0, 1]], np.int32))},
    ],
    "SpaceToDepth": [{"input": f(2, 4, 6, 3), "block_size": 2}, {"input": f(1, 6, 6, 1), "block_size": 3}],
    # detection
    "NonMaxSuppression": [suppression(), suppression(iou_threshold=0.9)],
    "NonMaxSuppressionV2": [suppression(**OVERLAP), suppression(iou_threshold=float_scalar(0.9))],
    "NonMaxSuppressionV3": [suppression(**OVERLAP, **LOWEST), suppression(iou_threshold=float_scalar(0.9), **LOWEST)],
    "NonMaxSuppressionV4": [
        suppression(**OVERLAP, **LOWEST),
        suppression(**OVERLAP, **LOWEST, pad_to_max_output_size=True),
    ],
    "NonMaxSuppressionV5": [
        suppression(**OVERLAP, **LOWEST, soft_nms_sigma=float_scalar(0)),
        suppression(**OVERLAP, **LOWEST, soft_nms_sigma=float_scalar(0), pad_to_max_output_size=True),
    ],
}
