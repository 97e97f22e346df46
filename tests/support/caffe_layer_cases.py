"""Layers with settings, and what they compute in NumPy. Each type has three settings at least."""

from __future__ import annotations

from support.caffe_activation_cases import ACTIVATIONS
from support.caffe_normalization_cases import ARITHMETIC, NORMALIZATIONS
from support.caffe_pooling_cases import FORKS, POOLINGS
from support.caffe_shape_cases import REDUCTIONS, SHAPES

CASES = [*ACTIVATIONS, *NORMALIZATIONS, *ARITHMETIC, *SHAPES, *REDUCTIONS, *POOLINGS, *FORKS]
