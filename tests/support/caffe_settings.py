"""Settings of layers whose tests are more than a row of caffe_layer_cases.py, and layers that no settings change."""

from __future__ import annotations

from collections.abc import Sequence

CONVOLUTIONS = [
    "num_output: 6 kernel_size: 3",
    "num_output: 6 kernel_size: 3 pad: 1 stride: 2",
    "num_output: 6 kernel_size: 3 pad: 2 dilation: 2 bias_term: false",
    "num_output: 6 kernel_size: 1 group: 2",
    "num_output: 8 kernel_h: 1 kernel_w: 3 pad_h: 0 pad_w: 1 stride_h: 2 stride_w: 1",
    "num_output: 6 kernel_size: 2 kernel_size: 3 stride: 1 stride: 2 pad: 1 pad: 0",
]
DEPTHWISE = ["kernel_size: 3", "kernel_size: 3 pad: 1 stride: 2 bias_term: false", "kernel_size: 2 pad: 1 dilation: 2"]
IM2COLS = [(3, 1, 0), (2, 2, 0), (3, 2, 1)]  # kernel, stride, padding
LSTMS = [(5, 2, 3), (1, 1, 4), (4, 3, 2, 2)]  # shapes of the sequence
RNNS = [(5, 2, 4), (1, 1, 3), (3, 4, 1)]  # steps, batch, outputs
ROI_POOLINGS = [(2, 0.5), (3, 0.25), (7, 1.0)]  # size, scale
PSROI_POOLINGS = [(2, 3, 0.5), (1, 2, 0.25), (3, 1, 1.0)]  # outputs, size, scale
ROI_ALIGNS = [
    "pooled_h: 2 pooled_w: 3 spatial_scale: 0.5 sampling_ratio: 2",
    "pooled_h: 1 pooled_w: 1 spatial_scale: 0.25 sampling_ratio: 3",
    "pooled_h: 4 pooled_w: 2",
]
UNPOOLINGS = [
    (2, "unpool_size: 12"),
    (2, "unpool: MAX unpool_h: 6 unpool_w: 8"),
    (3, "unpool: 0 unpool_h: 9 unpool_w: 12"),
]
PARAMETERS = [(2, 3), (4,), (1, 2, 2, 1)]  # shapes
FILLERS = [
    'data_filler { type: "constant" value: 2 } shape { dim: 2 dim: 3 }',
    "shape { dim: 4 }",
    "num: 1 channels: 2 height: 1 width: 3 data_filler { value: -1.5 }",
]
PADDINGS = [1, 2, 3]  # pixels on all four sides, a layer of V0
LOSSES = {
    "SoftmaxWithLoss": ["", "softmax_param { axis: 2 }", "softmax_param { axis: -1 } loss_param { ignore_label: 255 }"],
    "SigmoidCrossEntropyLoss": ["", "loss_param { normalization: NONE }", "loss_weight: 2"],
}
DATA: dict[str, list[tuple[str, list[int | None]]]] = {  # settings, shape of the input; None: not told
    "Input": [
        ("input_param { shape { dim: 1 dim: 3 dim: 4 dim: 5 } }", [1, 3, 4, 5]),
        ("input_param { shape { dim: 7 dim: 2 } }", [7, 2]),
        ("input_param { shape { dim: 5 } }", [5]),
    ],
    "MemoryData": [
        ("memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 }", [2, 3, 4, 5]),
        ("memory_data_param { batch_size: 1 channels: 1 height: 28 width: 28 }", [1, 1, 28, 28]),
        ("memory_data_param { batch_size: 8 channels: 3 height: 1 width: 1 }", [8, 3, 1, 1]),
    ],
    "ImageData": [
        ('image_data_param { source: "l" batch_size: 2 new_height: 6 new_width: 8 }', [2, None, 6, 8]),
        ('transform_param { crop_size: 5 } image_data_param { source: "l" batch_size: 1 }', [1, None, 5, 5]),
        ('image_data_param { source: "l" batch_size: 3 }', [3, None, None, None]),
    ],
    **{
        kind: [
            (f"{param} {{ batch_size: 4 }} transform_param {{ crop_size: 9 }}", [4, None, 9, 9]),
            (f"{param} {{ batch_size: 1 }} transform_param {{ crop_size: 3 mirror: true }}", [1, None, 3, 3]),
            (f'{param} {{ source: "s" batch_size: 2 }}', [2, None, None, None]),
        ]
        for kind, param in (
            ("Data", "data_param"),
            ("AnnotatedData", "data_param"),
            ("HDF5Data", "hdf5_data_param"),
            ("VideoData", "data_param"),
            ("WindowData", "window_data_param"),
        )
    },
}

VARIANCE = "variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2"
PRIORS = [  # all settings are named: OpenCV has other defaults than SSD
    "min_size: 10 clip: false variance: 0.1",
    f"min_size: 10 max_size: 20 aspect_ratio: 2 aspect_ratio: 3 clip: false {VARIANCE}",
    f"min_size: 12 min_size: 20 max_size: 24 max_size: 40 aspect_ratio: 2 flip: false clip: true step: 8 {VARIANCE}",
    f"min_size: 9 aspect_ratio: 1.5 step_w: 10 step_h: 6 offset: 0.25 clip: false {VARIANCE}",
]
DETECTIONS = [
    "code_type: CENTER_SIZE confidence_threshold: 0.3 nms_param { nms_threshold: 0.45 top_k: 400 } keep_top_k: 200",
    "code_type: CENTER_SIZE confidence_threshold: 0.2 nms_param { nms_threshold: 0.3 top_k: 8 } keep_top_k: 12",
    "code_type: CORNER confidence_threshold: 0.25 nms_param { nms_threshold: 0.6 }",
    "code_type: CORNER_SIZE confidence_threshold: .2 nms_param { nms_threshold: .5 } variance_encoded_in_target: true",
]
NINE_ANCHORS = "feat_stride: 16 base_size: 16 ratio: 0.5 ratio: 1 ratio: 2 scale: 8 scale: 16 scale: 32"
PROPOSALS = [
    f"{NINE_ANCHORS} min_size: 16 pre_nms_topn: 6000 post_nms_topn: 300 nms_thresh: 0.7",
    "feat_stride: 8 base_size: 8 ratio: 1 scale: 2 scale: 4 min_size: 4 "
    "pre_nms_topn: 60 post_nms_topn: 30 nms_thresh: .6",
    f"{NINE_ANCHORS} min_size: 16 pre_nms_topn: 50 post_nms_topn: 10 nms_thresh: 0.5",
]

SETTINGS: dict[str, Sequence[object]] = {
    "Convolution": CONVOLUTIONS,
    "ConvolutionDepthwise": DEPTHWISE,
    "Deconvolution": CONVOLUTIONS,
    "DepthwiseConvolution": CONVOLUTIONS,
    "DetectionOutput": DETECTIONS,
    "DummyData": FILLERS,
    "Im2col": IM2COLS,
    "LSTM": LSTMS,
    "Padding": PADDINGS,
    "Parameter": PARAMETERS,
    "PriorBox": PRIORS,
    "Proposal": PROPOSALS,
    "PSROIPooling": PSROI_POOLINGS,
    "RNN": RNNS,
    "ROIAlign": ROI_ALIGNS,
    "ROIPooling": ROI_POOLINGS,
    "Unpooling": UNPOOLINGS,
    **LOSSES,
    **DATA,
}

# What becomes of these does not depend on their settings: test_caffe_files.py refuses or leaves out each.
REFUSED = {"Correlation", "FlowWarp", "Python", "Region", "Resample", "YoloDetectionOutput"}
LEFT_OUT = {"Accuracy", "ContrastiveLoss", "DetectionEvaluate", "EuclideanLoss", "HDF5Output", "HingeLoss",
            "InfogainLoss", "MultiBoxLoss", "MultinomialLogisticLoss", "Silence", "SmoothL1Loss"}  # fmt: skip
