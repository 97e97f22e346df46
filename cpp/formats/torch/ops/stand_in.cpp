#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {

Term in_floats(const Term& x) {
  Translation& t = x.translation();
  return {t, as_float(t, x.value())};
}

Term in_numbers(const Term& x) { return x.dtype() == DType::boolean ? cast(x, DType::int32) : x; }

Term in_doubles(const Term& x) { return is_float(x.dtype()) ? x : cast(x, DType::float64); }

Term with_an_axis(const Term& x) { return x.rank() == 0 ? reshape(x, {1}) : x; }

Term without_that_axis(const Term& y, const Term& x) {
  return x.rank() == 0 ? reshape(y, std::vector<int64_t>{}) : y;
}

}  // namespace modelconv::torch
