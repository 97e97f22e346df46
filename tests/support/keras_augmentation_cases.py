"""Layers that change pictures while a model is trained: what they hand on at inference, also of integers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from support.keras_layer_case import Case, layer

IMAGE = (9, 8, 3)

# In Keras 3 alone, but for those below.
SETTINGS: dict[str, dict[str, Any]] = {
    "AugMix": {},
    "CutMix": {},
    "MixUp": {},
    "RandAugment": {},
    "RandomBrightness": {"factor": 0.5},
    "RandomColorDegeneration": {"factor": 0.5},
    "RandomColorJitter": {},
    "RandomContrast": {"factor": 0.5},
    "RandomElasticTransform": {},
    "RandomErasing": {},
    "RandomGaussianBlur": {},
    "RandomGrayscale": {},
    "RandomHue": {"factor": 0.5},
    "RandomInvert": {},
    "RandomPerspective": {},
    "RandomPosterization": {"factor": 2},
    "RandomRotation": {"factor": 0.2},
    "RandomSaturation": {"factor": 0.5},
    "RandomSharpness": {"factor": 0.5},
    "RandomShear": {"x_factor": 0.5},
    "RandomTranslation": {"height_factor": 0.5, "width_factor": 0.5},
    "RandomZoom": {"height_factor": 0.2},
    "Solarization": {},
}

AUGMENTATION_CASES: dict[str, list[Case]] = {
    name: [
        layer(name, IMAGE, only="keras", **settings),
        layer(name, IMAGE, fill="integers", only="keras", **settings),
    ]
    for name, settings in SETTINGS.items()
}
# Keras 3.15 fails to write these as .h5 ("cannot pickle 'module' object").
NOT_AS_HDF5 = (
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomPosterization",
    "RandomSaturation",
    "RandomSharpness",
    "Solarization",
)
for name in NOT_AS_HDF5:
    AUGMENTATION_CASES[name] = [replace(case, goes_to_hdf5=False) for case in AUGMENTATION_CASES[name]]
for name in ("RandomRotation", "RandomZoom"):
    AUGMENTATION_CASES[name].append(layer(name, IMAGE, only="tf_keras", **SETTINGS[name]))
