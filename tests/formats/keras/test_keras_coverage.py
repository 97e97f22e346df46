"""Every layer of Keras has a row in the table of operators or is named as missing."""

from __future__ import annotations

from modelconv import _core
from support.keras_layer_cases import CASES
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


def test_cases_have_two_settings() -> None:
    assert [name for name, cases in CASES.items() if len(cases) < 2] == []
