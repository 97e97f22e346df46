#include "formats/darknet/ops/softmax.h"

#include <algorithm>
#include <limits>

#include "formats/darknet/ops/all_ops.h"

namespace modelconv::darknet {

// A table of one row per group, as wide as the largest, what is missing filled with -inf: one Softmax does for all.
Term tree_softmax(const Term& x, const std::vector<int64_t>& group_sizes) {
  Translation& t = x.translation();
  const int64_t widest = *std::max_element(group_sizes.begin(), group_sizes.end());
  const auto groups = static_cast<int64_t>(group_sizes.size());
  if (groups * widest > (int64_t{1} << 26)) t.refuse("its tree of {} groups is too uneven", groups);
  int64_t classes = 0;
  for (const int64_t size : group_sizes) classes += size;
  std::vector<int64_t> there, back;  // class of each place of the table, and place of each class
  int64_t next = 0;
  for (int64_t group = 0; group < groups; ++group)
    for (int64_t i = 0; i < widest; ++i) {
      const bool used = i < group_sizes[static_cast<size_t>(group)];
      if (used) back.push_back(group * widest + i);
      there.push_back(used ? next++ : classes);
    }
  const int64_t axis = static_cast<int64_t>(x.rank()) - 1;
  std::vector<int64_t> pads(2 * x.rank(), 0);
  pads.back() = 1;
  const Term padded = compute(
      "Pad", {x, numbers(t, pads), number(t, DType::float32, -std::numeric_limits<double>::infinity())});
  const Term lead = shape_part(x, 0, axis);
  const Term table =
      reshape(gather(padded, numbers(t, there), axis), concat({lead, numbers(t, {groups, widest})}, 0));
  const Term soft = compute("Softmax", {table}, {{"axis", int64_t{-1}}});
  return gather(reshape(soft, concat({lead, numbers(t, {groups * widest})}, 0)), numbers(t, back), axis);
}

// Doubling: after n rounds each class is multiplied with its 2^n - 1 nearest ancestors.
Term tree_products(const Term& probabilities, const std::vector<int64_t>& parents) {
  Translation& t = probabilities.translation();
  const auto classes = static_cast<int64_t>(parents.size());
  const int64_t axis = static_cast<int64_t>(probabilities.rank()) - 1;
  std::vector<int64_t> pads(2 * probabilities.rank(), 0), above = parents;
  pads.back() = 1;
  for (int64_t& parent : above)
    if (parent < 0) parent = classes;  // one place more, which holds 1
  above.push_back(classes);
  Term products = compute("Pad", {probabilities, numbers(t, pads), number(t, DType::float32, 1)});
  while (std::any_of(above.begin(), above.end(), [&](int64_t parent) { return parent != classes; })) {
    products = products * gather(products, numbers(t, above), axis);
    std::vector<int64_t> further;
    for (const int64_t parent : above) further.push_back(above[static_cast<size_t>(parent)]);
    above = std::move(further);
  }
  return slice(products, axis, 0, classes);
}

namespace {

Term softmax_last(const Term& x) { return compute("Softmax", {x}, {{"axis", int64_t{-1}}}); }

void raise_softmax(Translation& t) {
  const float temperature = float_of(t, "temperature");
  const auto scaled = [&](const Term& x) { return temperature == 1 ? x : x * (1.0 / temperature); };
  if (flag_of(t, "spatial"))
    return set_output(t, 0, compute("Softmax", {scaled(image_input(t))}, {{"axis", int64_t{1}}}));
  const Term x = scaled(as_vector(input(t, 0)));
  const auto tree = ints_of(t, "group_sizes"), chw = ints_of(t, "chw");
  const int64_t groups = int_of(t, "groups"), count = chw.at(0) * chw.at(1) * chw.at(2);
  if (!tree.empty()) return set_output(t, 0, tree_softmax(x, tree));
  if (groups == 1) return set_output(t, 0, softmax_last(x));
  set_output(t, 0, reshape(softmax_last(reshape(x, {-1, groups, count / groups})), {-1, count}));
}

}  // namespace

OpMappings softmax_ops() {
  return {{"darknet.softmax", "Softmax", raise_softmax, nullptr, "groups and trees too"}};
}

}  // namespace modelconv::darknet
