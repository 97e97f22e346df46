#include "formats/common/suppression.h"

#include "formats/common/index_input.h"
#include "ops/attributes.h"

namespace modelconv::formula {
namespace {

Term scalar(const Term& x) { return reshape(x, std::vector<int64_t>{}); }

// Corners, from centre and size.
Term corners(const Term& boxes) {
  const Term x = slice(boxes, -1, 0, 1), y = slice(boxes, -1, 1, 2), w = slice(boxes, -1, 2, 3),
             h = slice(boxes, -1, 3, 4);
  return concat({y - h / 2.0, x - w / 2.0, y + h / 2.0, x + w / 2.0}, -1);
}

}  // namespace

void lower_suppression(Translation& t, ChooseBoxes choose) {
  Term boxes = input(t, 0);
  const Term scores = input(t, 1);
  const Shape& shape = scores.value().shape();
  constexpr int64_t kMost = 4096;
  if (!shape.has_rank() || !shape[0].is_known() || !shape[1].is_known() ||
      shape[0].value() * shape[1].value() > kMost)
    t.refuse("the number of images or classes is not known, or too large");
  if (int_attr(t.node(), "center_point_box") != 0) boxes = corners(boxes);
  const Term none = number(t, DType::int32, 0);
  const Term count = cast(scalar(size_of(boxes, 1)), DType::int64);
  const Term most = t.input(2) ? cast(minimum(scalar(index_input(t, 2)), count), DType::int32) : none;
  const Term overlap = t.input(3) ? scalar(input(t, 3)) : number(t, DType::float32, 0);
  const Term least = t.input(4) ? scalar(input(t, 4)) : number(t, DType::float32, -3.4028234663852886e38);
  const Suppression limits{most, overlap, least};
  std::vector<Term> rows;
  for (int64_t image = 0; image < shape[0].value(); ++image) {
    const Term of_image = squeeze(slice(boxes, 0, image, image + 1), {0});
    const Term scores_of_image = squeeze(slice(scores, 0, image, image + 1), {0});
    for (int64_t label = 0; label < shape[1].value(); ++label) {
      const Term of_label = squeeze(slice(scores_of_image, 0, label, label + 1), {0});
      const Term chosen = choose(of_image, of_label, limits);
      const Term column = unsqueeze(cast(chosen, DType::int64), {1});
      const Term zeros = column * 0.0;
      rows.push_back(
          concat({zeros + static_cast<double>(image), zeros + static_cast<double>(label), column}, 1));
    }
  }
  if (rows.empty()) t.refuse("there is no image or no class");
  set_output(t, 0, rows.size() == 1 ? compute("Identity", {rows[0]}) : concat(rows, 0));
}

}  // namespace modelconv::formula
