"""Comparing intermediate tensors of two models while they run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from modelconv.comparison import Figures, LayerComparison, compare_layers, error_of, worst
from modelconv.layers import Divergence, LayerError, LayerStore, Wiring, wiring_of
from modelconv.model import Array, Model
from modelconv.runners import Results, Runner
from modelconv.tolerances import Tolerance


class LayerVerification:
    """Compares each tensor as soon as it is computed.

    Of the model under test none is kept, of the reference those of one sample.
    """

    def __init__(self, subject: Model, runner: Runner, default: Tolerance, special: Mapping[str, Tolerance]) -> None:
        self._subject = subject
        self._runner = runner
        self._default = default
        self._special = special
        self._wiring = wiring_of(subject._core.nodes())
        self._figures: dict[str, list[Figures]] = {}  # by value of the subject
        self._dtypes: dict[str, Any] = {}
        self._failed: tuple[Mapping[str, Array], LayerStore] | None = None  # the first sample that has a failing layer

    @property
    def wanted(self) -> set[str]:
        """Names under which the reference may know the subject's values."""
        return set(self._wiring.sources.values()) | set(self._wiring.sources)

    def name_in(self, store: LayerStore, value: str) -> str | None:
        """What the reference calls a value of the subject; None when it has none that is known to be the same."""
        source = self._wiring.sources.get(value)
        if source is None:
            return None
        return next((name for name in (source, value) if name in store), None)

    def run(self, batch: Mapping[str, Array], expected: Results) -> dict[str, Any]:
        """Run the model under test; returns its outputs."""
        passed = True

        def observe(value_name: str, value: Any) -> None:
            nonlocal passed
            figures = self._compare(value_name, value, expected.layers)
            if figures is not None:
                self._figures.setdefault(value_name, []).append(figures)
                self._dtypes[value_name] = value.dtype
                passed = passed and figures["passed"]

        outputs = self._subject._core.run_observed(batch, observe)
        if not passed and self._failed is None:
            self._failed = (batch, expected.layers)
        else:
            expected.layers.close()
        return outputs

    def _compare(self, value_name: str, value: Any, store: LayerStore) -> Figures | None:
        name = self.name_in(store, value_name)
        if name is None or not hasattr(value, "dtype"):
            return None
        return compare_layers(value, store[name], self._special.get(name, self._default))

    def rows(self) -> list[LayerComparison]:
        """All layers that were compared, in the order of the model under test."""
        return [self._row(output) for node in self._wiring.nodes for output in node.outputs if output in self._figures]

    def first_divergence(self) -> LayerComparison | None:
        """See Divergence.first."""
        errors = {value: error_of(worst(rows)) for value, rows in self._figures.items()}
        value = Divergence(self._wiring, errors, self._own_error, self._own_errors).first()
        if self._failed is not None:
            self._failed[1].close()
        return None if value is None else self._row(value)

    def _own_error(self, value: str) -> LayerError:
        """One layer computed from the reference's values of what it reads; nothing else is evaluated."""
        assert self._failed is not None
        batch, store = self._failed
        _, known = self._wiring.upstream(value, lambda name: self._reference_value(store, name) is not None)
        given = {name: batch[name] if name in batch else self._reference_value(store, name) for name in known}
        result = self._subject._core.extract(list(given), [value]).run(given)[value]
        figures = self._compare(value, result, store)
        assert figures is not None
        return error_of(figures)

    def _reference_value(self, store: LayerStore, value: str) -> Any:
        """In the dtype of the model under test; None when it was not compared."""
        name = self.name_in(store, value)
        if name is None or value not in self._figures:
            return None
        return store[name].astype(self._dtypes[value], copy=False)

    def _own_errors(self) -> dict[str, LayerError]:
        """Each layer computed from the reference's values of what it reads, in one run."""
        assert self._failed is not None
        batch, store = self._failed
        own: dict[str, LayerError] = {}

        def observe(value_name: str, value: Any) -> Any:
            figures = self._compare(value_name, value, store)
            if figures is None:
                return None
            own[value_name] = error_of(figures)
            return self._reference_value(store, value_name)

        self._subject._core.run_observed(batch, observe)
        return own

    def _row(self, value: str) -> LayerComparison:
        maker = self._wiring.makers[value]
        name = self._wiring.sources[value]
        return LayerComparison(
            name=name,
            node=maker.name,
            op=maker.op,
            made_by=self._segment(self._wiring, value, self._figures.__contains__),
            reference_made_by=self._reference_segment(name, value),
            **worst(self._figures[value]),
        )

    @staticmethod
    def _segment(wiring: Wiring, value: str, known: Any) -> tuple[str, ...]:
        return tuple(str(node) for node in wiring.upstream(value, known)[0])

    def _reference_segment(self, name: str, value: str) -> tuple[str, ...]:
        wiring = self._runner.wiring
        if wiring is None:
            return ()
        own = self._reference_names.get(name, value)
        return self._segment(
            wiring, own, lambda other: other in self._compared or wiring.sources.get(other) in self._compared
        )

    @cached_property
    def _compared(self) -> set[str]:
        return {known for own in self._figures for known in (own, self._wiring.sources[own])}

    @cached_property
    def _reference_names(self) -> dict[str, str]:
        wiring = self._runner.wiring
        return {} if wiring is None else {source: own for own, source in wiring.sources.items()}
