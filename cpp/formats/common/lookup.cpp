#include "formats/common/lookup.h"

#include "formats/common/term.h"

namespace modelconv {

using namespace formula;
namespace {

bool counts_from_zero(const Tensor& keys) {
  if (!is_integer(keys.dtype())) return false;
  const auto values = keys.to_int64();
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] != static_cast<int64_t>(i)) return false;
  return !values.empty();
}

}  // namespace

void raise_lookup(Translation& t) {
  const Tensor& keys = t.required(0).constant();
  const Term values = input(t, 1), wanted = input(t, 2), fallback = input(t, 3);
  if (t.rank_of(values.value()) != 1)
    t.refuse("its values are tensors of rank {}", t.rank_of(values.value()) - 1);
  if (keys.size() == 0) return set_output(t, 0, expand(fallback, shape_of(wanted)));
  if (counts_from_zero(keys)) {
    const Term index = cast(wanted, DType::int64),
               last = number(t, DType::int64, static_cast<double>(keys.size() - 1));
    const Term is_there = both(number(t, DType::int64, 0) <= index, index <= last);
    return set_output(t, 0, where(is_there, gather(values, where(is_there, index, 0.0)), fallback));
  }
  const Term hits = cast(equal(unsqueeze(wanted, {-1}), input(t, 0)), DType::int32);
  const Term is_there = cast(reduce("ReduceMax", hits, {-1}), DType::boolean);
  const Term place = compute("ArgMax", {hits}, {{"axis", int64_t{-1}}, {"keepdims", int64_t{0}}});
  set_output(t, 0, where(is_there, gather(values, place), fallback));
}

}  // namespace modelconv
