#include "formats/common/fourier.h"

namespace modelconv::formula {

Term transform(const Term& x, int64_t axis, const Term* length, bool inverse, bool onesided) {
  Translation& t = x.translation();
  std::vector<Value*> inputs = {&x.value(), length ? &length->value() : nullptr,
                                &number(t, DType::int64, static_cast<double>(axis)).value()};
  const Attrs attrs = {{"inverse", int64_t{inverse}}, {"onesided", int64_t{onesided}}};
  return {t, t.add("DFT", inputs, attrs)};
}

Term complete_half(const Term& half, int64_t axis, const Term& length) {
  Translation& t = half.translation();
  const auto rank = static_cast<int64_t>(half.rank());
  const int64_t place_axis = rank + axis;
  const Term count = reshape(length, {1}), middle = count / 2.0;
  const Term missing = maximum(middle + 1.0 - size_of(half, place_axis), numbers(t, {0}));
  const Term filling =
      concat({shape_part(half, 0, place_axis), missing, shape_from(half, place_axis + 1)}, 0);
  const Term padded = concat({half, filled(filling, half.dtype(), 0)}, axis);
  const Term place = range(count);
  const Term is_mirrored = middle < place;
  const Term full = gather(padded, where(is_mirrored, count - place, place), place_axis);
  std::vector<int64_t> behind;
  for (int64_t i = place_axis + 1; i < rank; ++i) behind.push_back(i - place_axis);
  const Term sign = where(unsqueeze(is_mirrored, behind), cast(numbers(t, {1, -1}), half.dtype()),
                          cast(numbers(t, {1, 1}), half.dtype()));
  return full * sign;
}

}  // namespace modelconv::formula
