#include "ir/other_order.h"

#include <algorithm>
#include <vector>

namespace modelconv {

std::string hint_for_other_order(const Shape& declared, const Shape& given) {
  if (!declared.has_rank() || !given.has_rank() || declared.rank() < 3 || declared.rank() != given.rank() ||
      declared.compatible_with(given))
    return {};
  const auto fits_turned = [&](bool last_to_front) {
    std::vector<Dim> dims = given.dims();
    if (last_to_front)
      std::rotate(dims.begin() + 1, dims.end() - 1, dims.end());
    else
      std::rotate(dims.begin() + 1, dims.begin() + 2, dims.end());
    return declared.compatible_with(Shape(dims));
  };
  if (fits_turned(true))
    return "the shape has the channels last, the model takes them first: turn the axes, or convert with "
           "input_layout='nhwc' (--input-layout nhwc)";
  if (fits_turned(false))
    return "the shape has the channels first, the model takes them last: turn the axes, or convert with "
           "input_layout='nchw' (--input-layout nchw)";
  return {};
}

}  // namespace modelconv
