"""Every layer type of Caffe has a row in the table of operators."""

from __future__ import annotations

from modelconv import _core

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
