"""Every layer type of Caffe has a row in the table of operators, and tests with three settings at least."""

from __future__ import annotations

from collections import Counter

from modelconv import _core
from support.caffe_layer_cases import CASES
from support.caffe_settings import LEFT_OUT, REFUSED, SETTINGS

BVLC = """AbsVal Accuracy ArgMax BNLL BatchNorm BatchReindex Bias Clip Concat ContrastiveLoss Convolution Crop Data
Deconvolution Dropout DummyData ELU Eltwise Embed EuclideanLoss Exp Filter Flatten HDF5Data HDF5Output HingeLoss Im2col
ImageData InfogainLoss InnerProduct Input LRN LSTM LSTMUnit Log MVN MemoryData MultinomialLogisticLoss PReLU Parameter
Pooling Power Python RNN ReLU Reduction Reshape SPP Scale Sigmoid SigmoidCrossEntropyLoss Silence Slice Softmax
SoftmaxWithLoss Split Swish TanH Threshold Tile WindowData"""
FORKS = """AnnotatedData DetectionEvaluate DetectionOutput MultiBoxLoss Normalize Permute PriorBox SmoothL1Loss
VideoData ROIPooling PSROIPooling ROIAlign Proposal Interp Upsample Unpooling BN DepthwiseConvolution
ConvolutionDepthwise ShuffleChannel Axpy Reorg ReLU6 Region YoloDetectionOutput Correlation FlowWarp Resample"""


def test_every_layer_has_a_row() -> None:
    rows = {name.removeprefix("caffe.") for name, *_ in _core.operators("caffe")}
    assert {*BVLC.split(), *FORKS.split()} - rows == set()
    assert rows - {*BVLC.split(), *FORKS.split()} == {"Padding"}  # of V0


def test_every_layer_is_tested_with_three_settings() -> None:
    rows = {name.removeprefix("caffe.") for name, *_ in _core.operators("caffe")}
    counts = Counter(case.kind for case in CASES) + Counter({kind: len(values) for kind, values in SETTINGS.items()})
    assert {kind: counts[kind] for kind in rows - REFUSED - LEFT_OUT if counts[kind] < 3} == {}
    assert counts.keys() - rows == set()
