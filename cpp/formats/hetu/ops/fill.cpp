// Nodes without inputs.
#include <cmath>

#include "formats/hetu/ops/all_ops.h"
#include "formats/hetu/ops/settings.h"

namespace modelconv::hetu {
namespace {

Value& number(Translation& t, double value) { return t.scalar(DType::float32, value); }

void raise_full(Translation& t) {
  t.set_output(0, t.add("Expand", {&number(t, number_of(t, "fill_value")), &t.ints(need_ints(t, "size"))}));
}

void raise_eye(Translation& t) {
  const int64_t n = int_of(t, "n");
  Value& zeros = t.add("Expand", {&number(t, 0), &t.ints({n, n})});
  t.set_output(0, t.add("EyeLike", {&zeros}));
}

// The number of elements is computed here, where there are doubles as in Python; Range would round. Whole numbers up to 2^24 are exact.
void raise_range(Translation& t) {
  const double start = number_of(t, "start"), end = number_of(t, "end"), step = number_of(t, "step");
  const double count = std::ceil((end - start) / step);
  if (!(count >= 0 && count <= (1 << 24))) t.refuse("from {} to {} in steps of {}", start, end, step);
  Value& index = t.add("Range", {&number(t, 0), &number(t, count), &number(t, 1)});
  t.set_output(0, t.add("Add", {&t.add("Mul", {&index, &number(t, step)}), &number(t, start)}));
}

}  // namespace

OpMappings fill_ops() {
  return {
      {"hetu.Arange", "Range", raise_range, nullptr, ""},
      {"hetu.Eye", "EyeLike", raise_eye, nullptr, ""},
      {"hetu.Full", "Expand", raise_full, nullptr, ""},
  };
}

}  // namespace modelconv::hetu
