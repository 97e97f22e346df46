"""Export from training loops: capture once, then only the weights change.

`Exporter` writes a module's present weights; `EpochExport` decides when (each epoch, the best, the last), and there are
callbacks that call it from Lightning, from the Hugging Face Trainer and from Keras.
"""

from __future__ import annotations

from modelconv.train.epoch_export import EpochExport, Failure
from modelconv.train.exporter import Exporter
from modelconv.train.frameworks import keras_callback, lightning_callback, transformers_callback

__all__ = ["EpochExport", "Exporter", "Failure", "keras_callback", "lightning_callback", "transformers_callback"]
