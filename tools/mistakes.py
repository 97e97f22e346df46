"""The mistakes of docs/mistakes.md: commands that have to fail, and what they are about."""

from __future__ import annotations

from typing import NamedTuple


class Mistake(NamedTuple):
    """One command with its message."""

    title: str
    text: str
    command: str
    missing: str = ""
    """A module that is not there."""
    read_only: str = ""
    """A folder into which nobody may write."""


class Chapter(NamedTuple):
    """Mistakes of a kind."""

    title: str
    mistakes: list[Mistake]


NEWCOMERS = Chapter(
    "The ten most frequent",
    [
        Mistake(
            "The wrong suffix",
            "The suffix of the target names its format. A source is recognised by its contents.",
            "modelconv convert cnn.onnx cnn.tflit",
        ),
        Mistake(
            "The weights are missing",
            "Caffe and Darknet have a network in two files. One lies beside the other, under the same name.",
            "modelconv convert net.cfg net.onnx",
        ),
        Mistake(
            "A misspelt input",
            "The nearest name is suggested, for outputs, rules, options and formats too.",
            "modelconv convert cnn.onnx out.onnx --input-shape imgae=1,3,16,16",
        ),
        Mistake(
            "The wrong layout",
            "`cnn.onnx` takes its images with the channels first.",
            "modelconv convert cnn.onnx out.onnx --input-shape image=1,16,16,3",
        ),
        Mistake(
            "A package is missing",
            "Frameworks and libraries are asked for when they are needed; here, Pillow is not installed.",
            "modelconv convert cnn.onnx cnn.tflite --quantize int8 --calibration pictures",
            missing="PIL",
        ),
        Mistake(
            "A layer that is not supported",
            "All are named at once; `--plan` says [where to cut](plan.md), or [say what they mean](custom-ops.md).",
            "modelconv convert odd.prototxt odd.onnx",
        ),
        Mistake(
            "A huge model to `.pb`",
            "A frozen graph is one protobuf message. `huge.onnx` has 2.3 GB of weights in a second file.",
            "modelconv convert huge.onnx huge.pb",
        ),
        Mistake(
            "Calibration data of the wrong shape",
            "`samples.npz` holds four images with the channels last.",
            "modelconv convert cnn.onnx cnn.tflite --quantize int8 --calibration samples.npz",
        ),
        Mistake(
            "A pickle of the whole module",
            "Made by `torch.save(model, 'module.pth')` in place of `torch.save(model.state_dict(), ...)`.",
            "modelconv convert module.pth module.onnx",
        ),
        Mistake(
            "No permission to write",
            "The folder `results` is read-only.",
            "modelconv convert cnn.onnx results/out.onnx",
            read_only="results",
        ),
    ],
)

FILES = Chapter(
    "Files that are not what they seem",
    [
        Mistake("A pointer of Git LFS", "Cloned without `git lfs`.", "modelconv convert pointer.onnx out.onnx"),
        Mistake("A web page", "Saved from the browser in place of the file.", "modelconv convert page.onnx out.onnx"),
        Mistake("An answer of a server", "In JSON.", "modelconv convert answer.onnx out.onnx"),
        Mistake("An empty file", "", "modelconv convert empty.onnx out.onnx"),
        Mistake("A file cut short", "", "modelconv convert short.onnx out.onnx"),
        Mistake("An archive", "A SavedModel as it was downloaded.", "modelconv convert saved.zip out.onnx"),
        Mistake(
            "A SavedModel without its folder",
            "Its `saved_model.pb` under another name; under its own, the folder around it is read.",
            "modelconv convert graph_of_saved_model.pb out.onnx",
        ),
        Mistake("A folder of models", "", "modelconv convert models out.onnx"),
        Mistake("A file that is not there", "", "modelconv convert cn.onnx out.onnx"),
        Mistake("An address", "", "modelconv convert https://example.com/net.onnx out.onnx"),
        Mistake("Weights in a second file that is missing", "", "modelconv convert split.onnx out.onnx"),
        Mistake("Weights without a network", "", "modelconv convert weights.safetensors out.onnx"),
        Mistake("A checkpoint without tensors", "", "modelconv convert epoch.pth out.onnx"),
        Mistake("The wrong format by name", "", "modelconv convert cnn.onnx out.onnx --from tflite"),
    ],
)

ARGUMENTS = Chapter(
    "Arguments",
    [
        Mistake("No command", "", "modelconv cnn.onnx out.tflite"),
        Mistake("A shape of the wrong rank", "", "modelconv convert cnn.onnx out.onnx --input-shape image=3,16,16"),
        Mistake("A size that is none", "", "modelconv convert cnn.onnx out.onnx --input-shape image=1,3,16,1.5"),
        Mistake("A dynamic axis of no input", "", "modelconv convert cnn.onnx out.onnx --dynamic imag:0=batch"),
        Mistake("An unknown output", "", "modelconv convert cnn.onnx out.onnx --outputs yy"),
        Mistake("An operator set of the future", "", "modelconv convert cnn.onnx out.onnx --opset 99"),
        Mistake("An unknown pass", "", "modelconv simplify cnn.onnx out.onnx --skip fuse_conv_batchnrm"),
        Mistake("An unknown layout", "", "modelconv convert cnn.onnx out.onnx --input-layout nwhc"),
        Mistake("An unknown quantisation", "", "modelconv convert cnn.onnx out.tflite --quantize fp16"),
        Mistake("An option of a format that has none", "", "modelconv convert cnn.onnx out.onnx --option nms=true"),
        Mistake("A format that is only read", "", "modelconv convert cnn.onnx out.pt2"),
        Mistake("A target in a folder that is not there", "", "modelconv convert cnn.onnx new/out.onnx"),
        Mistake("A target that is a file, without a suffix", "", "modelconv convert cnn.onnx notes"),
    ],
)

DATA = Chapter(
    "Data to calibrate and to compare with",
    [
        Mistake("int8 without data", "", "modelconv convert cnn.onnx out.tflite --quantize int8"),
        Mistake("Data without int8", "", "modelconv convert cnn.onnx out.tflite --calibration images.npz"),
        Mistake("NaN in the data", "", "modelconv convert cnn.onnx q.tflite --quantize int8 --calibration nan.npz"),
        Mistake("Text in the data", "", "modelconv convert cnn.onnx q.tflite --quantize int8 --calibration text.npz"),
        Mistake("No samples", "", "modelconv convert cnn.onnx q.tflite --quantize int8 --calibration none.npz"),
        Mistake(
            "Another input's data", "", "modelconv convert cnn.onnx q.tflite --quantize int8 --calibration two.npz"
        ),
        Mistake("Python objects", "", "modelconv convert cnn.onnx q.tflite --quantize int8 --calibration objects.npy"),
        Mistake("A damaged picture", "", "modelconv convert cnn.onnx q.tflite --quantize int8 --calibration pictures"),
        Mistake("An array of another type", "", "modelconv verify cnn.onnx cnn.onnx --input image=whole.npy"),
        Mistake("An array of another rank", "", "modelconv verify cnn.onnx cnn.onnx --input image=flat.npy"),
        Mistake("An array for no input", "", "modelconv verify cnn.onnx cnn.onnx --input imag=flat.npy"),
        Mistake("No comparison at all", "", "modelconv verify cnn.onnx cnn.onnx --samples 0"),
        Mistake("A tolerance that is none", "", "modelconv verify cnn.onnx cnn.onnx --rtol nan"),
        Mistake("Nothing to run", "", "modelconv verify weights.safetensors cnn.onnx"),
        Mistake("A manifest that is a model", "", "modelconv batch cnn.onnx"),
    ],
)

EXPORT = Chapter(
    "Exporting modules",
    [
        Mistake("A misspelt function", "", "modelconv export net.py:mak net.onnx --shape 1,3"),
        Mistake("A function that wants arguments", "", "modelconv export net.py:sized net.onnx --shape 1,3"),
        Mistake("Code that fails", "", "modelconv export net.py:broken net.onnx --shape 1,3"),
        Mistake("A shape that the module does not take", "", "modelconv export net.py:make net.onnx --shape 1,1,2,5"),
        Mistake(
            "A checkpoint of another network",
            "",
            "modelconv export net.py:make net.onnx --shape 1,1,2,3 --checkpoint other.pth",
        ),
    ],
)

CHAPTERS = [NEWCOMERS, FILES, ARGUMENTS, DATA, EXPORT]
