"""Operator -> rule, for all layers of Keras that are written."""

from __future__ import annotations

from modelconv.targets.keras_image_rules import IMAGE_RULES
from modelconv.targets.keras_layers import Rule
from modelconv.targets.keras_operation_rules import OPERATION_RULES
from modelconv.targets.keras_part_rules import PART_RULES
from modelconv.targets.keras_recurrent_rules import RECURRENT_RULES
from modelconv.targets.keras_tensor_rules import TENSOR_RULES

RULES: dict[str, Rule] = {**IMAGE_RULES, **TENSOR_RULES, **PART_RULES, **OPERATION_RULES, **RECURRENT_RULES}
