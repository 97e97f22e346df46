"""Every layer of Keras has a row in the table of operators or is named as missing."""

from __future__ import annotations

import inspect
from collections import Counter
from typing import Any

from modelconv import _core
from support.keras_augmentation_cases import AUGMENTATION_CASES
from support.keras_layer_cases import CASES, LAYOUTS
from support.keras_models import framework

# Resolved while the file is read: models, wrappers, cells.
WITHOUT_ROWS = {"Bidirectional", "GRUCell", "InputLayer", "LSTMCell", "RNN", "SimpleRNNCell", "SpectralNormalization"}
WITHOUT_ROWS |= {"Pipeline", "StackedRNNCells", "TimeDistributed"}
# They run other frameworks' code, or are what layers are made from, or only change training data.
NOT_LAYERS = {"FlaxLayer", "InputSpec", "JaxLayer", "Layer", "TFSMLayer", "TorchModuleWrapper", "Wrapper"}


def test_every_layer_of_keras_has_a_row() -> None:
    layers = framework("keras").layers
    classes = {cls.__name__ for cls in vars(layers).values() if isinstance(cls, type)}
    classes = {"GroupQueryAttention" if name == "GroupedQueryAttention" else name for name in classes}
    rows = {name.removeprefix("keras.") for name, *_ in _core.operators("keras")}
    assert classes - rows - WITHOUT_ROWS - NOT_LAYERS == set()


# Their cases say their data format themselves (AutoContrast does not look at it); ConvLSTM is tested channels last.
SAY_IT_THEMSELVES = {"AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveMaxPooling2D", "AutoContrast"}
SAY_IT_THEMSELVES |= {"STFTSpectrogram", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}

# Called with several tensors: their cases are in test_models.py.
IN_MODELS = {"AdditiveAttention", "Attention", "GroupQueryAttention", "MultiHeadAttention", "ReversibleEmbedding"}


def test_every_layer_that_is_read_has_two_cases() -> None:
    layers = {cls.__name__ for cls in vars(framework("keras").layers).values() if isinstance(cls, type)}
    rows = {name.removeprefix("keras."): note for name, _, _, _, note in _core.operators("keras")}
    layers = {name for name in rows if name in layers or name in CASES} | IN_MODELS
    read = {name for name in layers if not rows[name].startswith("refused")}
    assert {name for name in read if len(CASES.get(name, ())) < 2} == IN_MODELS


def test_every_layer_with_a_data_format_has_two_cases_of_both() -> None:
    layers = framework("keras").layers
    with_one = {name for name in CASES if takes_data_format(getattr(layers, name, None))}
    with_one -= set(AUGMENTATION_CASES) - {"RandomCrop", "RandomFlip"}
    counts = Counter(name for name, _ in LAYOUTS)
    assert {name for name in with_one if counts[name] < 2} == SAY_IT_THEMSELVES


def takes_data_format(cls: Any) -> bool:
    """Of its own or of the class that it is made from."""
    return any("data_format" in inspect.signature(base.__init__).parameters for base in getattr(cls, "__mro__", ()))
