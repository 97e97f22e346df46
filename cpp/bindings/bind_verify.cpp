#include "bindings/bind_verify.h"

#include <pybind11/stl.h>

#include "bindings/bind_tensor.h"
#include "verify/compare.h"

namespace modelconv {
namespace {

namespace py = pybind11;
using namespace py::literals;

py::dict compare_arrays(const py::handle& value, const py::handle& reference, double rtol, double atol) {
  const Tensor expected = tensor_from_numpy(reference);
  const Tensor actual = tensor_from_numpy(value, expected.dtype());
  const Comparison result = compare(actual.aligned(), expected.aligned(), {rtol, atol});
  return py::dict("passed"_a = result.passed, "problem"_a = result.problem, "elements"_a = result.elements,
                  "mismatched"_a = result.mismatched,
                  "non_finite_mismatched"_a = result.non_finite_mismatched, "max_abs"_a = result.max_abs,
                  "max_rel"_a = result.max_rel, "cosine"_a = result.cosine, "snr_db"_a = result.snr_db,
                  "ulp_median"_a = result.ulp_median, "ulp_p99"_a = result.ulp_p99,
                  "ulp_max"_a = result.ulp_max);
}

}  // namespace

void bind_verify(py::module_& m) {
  m.def("compare", &compare_arrays, "value"_a, "reference"_a, py::kw_only(), "rtol"_a = 1e-5,
        "atol"_a = 1e-5);
}

}  // namespace modelconv
