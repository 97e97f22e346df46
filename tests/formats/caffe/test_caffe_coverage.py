"""The README's table of layers is what the code says; every layer type of Caffe is in it."""

from __future__ import annotations

from pathlib import Path

from modelconv import _core

README = Path(__file__).resolve().parents[3] / "cpp/formats/caffe/README.md"
BEGIN, END = "<!-- layers: begin -->\n", "<!-- layers: end -->\n"

BVLC = """AbsVal Accuracy ArgMax BNLL BatchNorm BatchReindex Bias Clip Concat ContrastiveLoss Convolution Crop Data
Deconvolution Dropout DummyData ELU Eltwise Embed EuclideanLoss Exp Filter Flatten HDF5Data HDF5Output HingeLoss Im2col
ImageData InfogainLoss InnerProduct Input LRN LSTM LSTMUnit Log MVN MemoryData MultinomialLogisticLoss PReLU Parameter
Pooling Power Python RNN ReLU Reduction Reshape SPP Scale Sigmoid SigmoidCrossEntropyLoss Silence Slice Softmax
SoftmaxWithLoss Split Swish TanH Threshold Tile WindowData"""
FORKS = """AnnotatedData DetectionEvaluate DetectionOutput MultiBoxLoss Normalize Permute PriorBox SmoothL1Loss
VideoData ROIPooling PSROIPooling ROIAlign Proposal Interp Upsample Unpooling BN DepthwiseConvolution
ConvolutionDepthwise ShuffleChannel Axpy Reorg ReLU6 Region YoloDetectionOutput Correlation FlowWarp Resample"""


def table() -> str:
    lines = ["| Caffe | ONNX | read | restriction |", "|---|---|---|---|"]
    for name, canonical, is_read, _, note in _core.operators("caffe"):
        lines.append(f"| {name.removeprefix('caffe.')} | {canonical} | {'yes' if is_read else ''} | {note} |")
    return "\n".join(lines) + "\n"


def test_readme_shows_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.split(BEGIN)[1].split(END)[0] == table(), f"write it with: python {Path(__file__).name}"


def test_every_layer_has_a_row() -> None:
    rows = {name.removeprefix("caffe.") for name, *_ in _core.operators("caffe")}
    assert {*BVLC.split(), *FORKS.split()} - rows == set()
    assert rows - {*BVLC.split(), *FORKS.split()} == {"Padding"}  # of V0


if __name__ == "__main__":
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    README.write_text(before + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")
