"""Callbacks for training frameworks; each framework is imported when its callback is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelconv.train.epoch_export import EpochExport


def numbers_in(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Those metrics that are single numbers, tensors of one element included."""
    numbers = {}
    for name, value in metrics.items():
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError, RuntimeError):  # text, a list, a tensor of several elements
            continue
    return numbers


def lightning_callback(export: EpochExport) -> Any:
    """For `Trainer(callbacks=[...])` of Lightning (`lightning` or `pytorch_lightning`)."""
    try:
        from lightning.pytorch import Callback
    except ImportError:
        from pytorch_lightning import Callback

    class ExportCallback(Callback):  # type: ignore[misc]
        """Exports when an epoch's validation (or, without one, the epoch itself) is over."""

        def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
            # Lightning validates inside of the training epoch: the metrics of both are there by now.
            if trainer.is_global_zero:
                export.epoch_end(trainer.current_epoch, numbers_in(trainer.callback_metrics))

        def on_fit_end(self, trainer: Any, module: Any) -> None:
            export.close()

    return ExportCallback()


def transformers_callback(export: EpochExport) -> Any:
    """For `Trainer(callbacks=[...])` of Hugging Face transformers: exports after each evaluation.

    Without evaluations (`eval_strategy="no"`) it exports at the end of each epoch.
    """
    from transformers import TrainerCallback

    class ExportCallback(TrainerCallback):  # type: ignore[misc]
        """Counts epochs as the trainer does."""

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any) -> None:
            if state.is_world_process_zero:
                export.epoch_end(max(0, round(state.epoch or 0) - 1), numbers_in(metrics or {}))

        def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            evaluates = getattr(args, "eval_strategy", None) or getattr(args, "evaluation_strategy", "no")
            if state.is_world_process_zero and getattr(evaluates, "value", evaluates) == "no":
                export.epoch_end(max(0, round(state.epoch or 0) - 1), {})

        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            export.close()

    return ExportCallback()


def keras_callback(export: EpochExport) -> Any:
    """For `model.fit(callbacks=[...])` of Keras."""
    import keras

    class ExportCallback(keras.callbacks.Callback):  # type: ignore[misc]
        """Exports at the end of each epoch, with its logs as metrics."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            export.epoch_end(epoch, numbers_in(logs or {}))

        def on_train_end(self, logs: Any = None) -> None:
            export.close()

    return ExportCallback()
