// Windows over any axes, and gaps between elements.
#include "formats/tflite/ops/windows.h"

#include "formats/tflite/ops/all_ops.h"

namespace modelconv::tflite {

Term reduce_windows(const Term& x, const Term& initial, const Windows& windows, OpName combine) {
  Translation& t = x.translation();
  Term y = x;
  for (size_t axis = 0; axis < windows.sizes.size(); ++axis) {
    const int64_t size = windows.sizes[axis], stride = windows.strides[axis],
                  dilation = windows.dilations[axis];
    ENSURE(size > 0 && stride > 0 && dilation > 0 && size < 65536, MalformedModelError,
           "a window has the size {}, the stride {} and the dilation {}", size, stride, dilation);
    if (size == 1 && stride == 1) continue;
    const auto at = static_cast<int64_t>(axis);
    const Term reach = size_of(y, at) - static_cast<double>((size - 1) * dilation);
    const auto part = [&](int64_t i) {
      const Term start = numbers(t, {i * dilation});
      return compute("Slice", {y, start, start + reach, numbers(t, {at}), numbers(t, {stride})});
    };
    Term sum = part(0);
    for (int64_t i = 1; i < size; ++i) sum = compute(combine, {sum, part(i)});
    y = sum;
  }
  return compute(combine, {y, initial});
}

Term dilated(const Term& x, const std::vector<int64_t>& dilations, const Term& filler) {
  Translation& t = x.translation();
  Term y = x;
  for (size_t axis = 0; axis < dilations.size(); ++axis) {
    const int64_t dilation = dilations[axis];
    ENSURE(dilation > 0, MalformedModelError, "a dilation is {}", dilation);
    if (dilation == 1) continue;
    // Each element gets an axis of its own, which is filled up; the last element's filling goes.
    const auto at = static_cast<int64_t>(axis);
    std::vector<int64_t> pads(2 * (x.rank() + 1));
    pads[x.rank() + 1 + axis + 1] = dilation - 1;
    const Term spread = compute("Pad", {unsqueeze(y, {at + 1}), numbers(t, pads), filler});
    std::vector<Term> sizes;
    if (axis > 0) sizes.push_back(shape_part(y, 0, at));
    sizes.push_back(size_of(y, at) * static_cast<double>(dilation));
    if (axis + 1 < x.rank()) sizes.push_back(shape_from(y, at + 1));
    y = slice(reshape(spread, concat(sizes, 0)), at, 0, 1 - dilation);
  }
  return y;
}

namespace {

OpName combination(const Translation& t) {
  const std::string function = string_of(t, "reduce_function");
  if (function == "ADD") return "Add";
  if (function == "MUL") return "Mul";
  if (function == "MINIMUM") return "Min";
  if (function == "MAXIMUM") return "Max";
  if (function == "ALL") return "And";
  if (function == "ANY") return "Or";
  t.refuse("its function is {}", function);
}

void raise_reduce_window(Translation& t) {
  const Windows windows = {t.constant_ints(2, "the windows' sizes"), t.constant_ints(3, "the strides"),
                           t.constant_ints(4, "the dilations")};
  ENSURE(windows.sizes.size() == t.rank(0) && windows.strides.size() == t.rank(0) &&
             windows.dilations.size() == t.rank(0),
         MalformedModelError, "its windows do not have the rank of its input");
  const Term initial = reshape(input(t, 1), std::vector<int64_t>{});
  set_output(t, 0, reduce_windows(input(t, 0), initial, windows, combination(t)));
}

void raise_dilate(Translation& t) {
  const Term filler = reshape(input(t, 2), std::vector<int64_t>{});
  set_output(t, 0, dilated(input(t, 0), t.constant_ints(1, "the dilations"), filler));
}

}  // namespace

OpMappings windows_ops() {
  return {
      {"tflite.DILATE", "Pad", raise_dilate, nullptr, "constant dilations"},
      {"tflite.REDUCE_WINDOW", "Slice", raise_reduce_window, nullptr, "constant windows"},
  };
}

}  // namespace modelconv::tflite
