// Reshape: the same elements in the same order, with other axes.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"

namespace modelconv {
namespace {

Dim product(const std::vector<Dim>& dims) {
  Dim result = 1;
  for (const Dim& dim : dims) result = result * dim;
  return result;
}

// What -1 stands for. Dimensions that 0 copies stand on both sides and cancel, which also settles an empty batch.
Dim remaining(const std::vector<Dim>& uncopied, const std::vector<Dim>& asked) {
  const Dim whole = product(uncopied), part = product(asked);
  if (whole.is_unknown() || part.is_unknown()) return Dim::unknown();
  if (part.equals(0)) return Dim::unknown();
  if (whole.is_known() && part.is_known())
    ENSURE(whole.value() % part.value() == 0, ShapeError, "{} elements cannot be arranged in groups of {}",
           whole.value(), part.value());
  if (const auto exact = Dim::divide_exactly(whole, part)) return *exact;
  return floor_div(whole, part);
}

// The shape that the elements of Reshape's second input ask for. One entry that is not known is inferred as -1 is:
// whatever it turns out to be, the number of elements must agree.
Shape resolve_reshape(const Shape& input, const std::vector<Dim>& asked, bool allow_zero) {
  std::vector<Dim> result, uncopied = input.dims(), others;
  std::optional<size_t> inferred;
  bool several_unknown = !input.has_rank();
  for (size_t i = 0; i < asked.size(); ++i) {
    if (asked[i].equals(0) && !allow_zero) {
      ENSURE(!input.has_rank() || i < input.rank(), ShapeError,
             "0 at position {} has no input dimension to copy", i);
      result.push_back(input.has_rank() ? input[i] : Dim::unknown());
      if (input.has_rank()) uncopied[i] = 1;
      continue;
    }
    const bool minus_one = asked[i].equals(-1);
    ENSURE(minus_one || !asked[i].is_known() || asked[i].value() >= 0, ShapeError, "dimension {} is {}", i,
           asked[i].str());
    if (!minus_one && !asked[i].is_unknown()) {
      result.push_back(asked[i]);
      others.push_back(asked[i]);
      continue;
    }
    if (inferred) {
      ENSURE(!minus_one || !asked[*inferred].equals(-1), ShapeError, "more than one dimension is -1");
      several_unknown = true;
    }
    inferred = i;
    result.push_back(Dim::unknown());
  }
  if (inferred && !several_unknown) result[*inferred] = remaining(uncopied, others);
  ENSURE(!inferred || !asked[*inferred].equals(-1) || !product(others).equals(0), ShapeError,
         "a dimension cannot be inferred beside a dimension of 0");
  return result;
}

void infer_reshape(InferContext& context) {
  const Shape& input = context.input_shape(0);
  const auto asked = context.elements(1);
  if (!asked) {
    const Shape& shape = context.input_shape(1);
    const bool length_known = shape.has_rank() && shape.rank() == 1 && shape[0].is_known();
    const int64_t length = length_known ? shape[0].value() : -1;
    if (length > 64) context.fail("{} dimensions are asked for", length);
    return context.set_output(0, context.input_dtype(0),
                              length >= 0 ? Shape::of_rank(static_cast<size_t>(length)) : Shape::unranked());
  }
  const Shape output = resolve_reshape(input, *asked, int_attr(context.node(), "allowzero") != 0);
  const Dim before = input.element_count(), after = output.element_count();
  if (before.is_known() && after.is_known() && before.value() != after.value())
    context.fail("{} elements do not fit the shape {}", before.value(), output.str());
  context.set_output(0, context.input_dtype(0), output);
  if (const auto elements = context.elements(0); elements && output.rank() <= 1)
    context.set_elements(0, *elements);
}

void reshape_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  std::vector<Dim> asked;
  for (const int64_t dim : context.input(1).to_int64()) asked.emplace_back(dim);
  const bool allow_zero = int_attr(context.node(), "allowzero") != 0;
  const Dims dims = resolve_reshape(Shape::of(input.dims()), asked, allow_zero).static_dims().value();
  if (element_count(dims) != input.size())
    context.fail("{} elements do not fit the shape {}", input.size(), to_string(dims));
  context.set_output(0, input.reshaped(dims));
}

// --- axis rule

// Consecutive input axes whose elements become those of consecutive output axes: [N, C, H, W] -> [N, C, H*W] has
// {N}->{N}, {C}->{C}, {H, W}->{H*W}. Input axes of length 1 belong to no group.
struct Group {
  std::vector<size_t> inputs, outputs;
};

std::optional<std::vector<Group>> match_groups(const Shape& input, const Shape& output) {
  std::vector<Group> groups;
  std::vector<size_t> leading;  // output axes of length 1 before the first group
  size_t i = 0, j = 0;
  const auto skip_ones = [&] {
    while (i < input.rank() && input[i].equals(1)) ++i;
    for (; j < output.rank() && output[j].equals(1); ++j)
      (groups.empty() ? leading : groups.back().outputs).push_back(j);
  };
  for (skip_ones(); i < input.rank() && j < output.rank(); skip_ones()) {
    Group group{{i}, {j}};
    Dim left = input[i++], right = output[j++];
    while (!(left == right)) {
      // The side that is a part of the other grows; what cannot be decided ends the search.
      const bool numbers = left.is_known() && right.is_known();
      const bool left_is_part =
          numbers ? left.value() < right.value() : Dim::divide_exactly(right, left).has_value();
      const bool right_is_part = numbers ? !left_is_part : Dim::divide_exactly(left, right).has_value();
      if (left_is_part && i < input.rank()) {
        left = left * input[i];
        group.inputs.push_back(i++);
      } else if (right_is_part && j < output.rank()) {
        right = right * output[j];
        group.outputs.push_back(j++);
      } else {
        return std::nullopt;
      }
    }
    groups.push_back(std::move(group));
  }
  if (i < input.rank() || j < output.rank()) return std::nullopt;
  if (groups.empty()) groups.push_back({});
  groups.front().outputs.insert(groups.front().outputs.begin(), leading.begin(), leading.end());
  return groups;
}

// The groups in the order in which Transpose(x, p) has their axes; nothing when p tears one apart.
std::optional<std::vector<Group>> permute_groups(const std::vector<Group>& groups, const Permutation& p) {
  std::vector<Group> order;
  for (size_t k = 0; k < p.size();) {
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&](const Group& g) { return !g.inputs.empty() && g.inputs[0] == p[k]; });
    if (group == groups.end()) {
      const bool in_a_group = std::any_of(groups.begin(), groups.end(), [&](const Group& g) {
        return std::find(g.inputs.begin(), g.inputs.end(), p[k]) != g.inputs.end();
      });
      if (in_a_group) return std::nullopt;
      ++k;  // an axis of length 1
      continue;
    }
    for (size_t member = 0; member < group->inputs.size(); ++k) {
      if (k == p.size()) return std::nullopt;
      if (p[k] == group->inputs[member])
        ++member;
      else if (std::any_of(groups.begin(), groups.end(), [&](const Group& g) {
                 return std::find(g.inputs.begin(), g.inputs.end(), p[k]) != g.inputs.end();
               }))
        return std::nullopt;
    }
    order.push_back(*group);
  }
  if (order.empty()) order = groups;  // every axis has length 1
  return order;
}

// The second input that asks for `output`: numbers, 0 where the input's dimension is copied, and one -1.
std::optional<std::vector<int64_t>> ask_for(const Shape& input, const Shape& output) {
  std::vector<int64_t> asked;
  bool inferred = false;
  for (size_t i = 0; i < output.rank(); ++i) {
    if (output[i].is_known() && output[i].value() != 0)
      asked.push_back(output[i].value());
    else if (i < input.rank() && output[i] == input[i])
      asked.push_back(0);
    else if (inferred || output[i].is_known())
      return std::nullopt;
    else {
      asked.push_back(-1);
      inferred = true;
    }
  }
  return asked;
}

std::optional<AxisMove> reshape_axes(const Node& node, size_t index, const Permutation& p) {
  const Tensor* shape = constant_input(node, 1);
  if (index != 0 || !shape || !node.input(0)->shape().has_rank() || !node.output()->shape().has_rank())
    return std::nullopt;
  const Shape &input = node.input(0)->shape(), &output = node.output()->shape();
  const auto groups = match_groups(input, output);
  const auto order = groups ? permute_groups(*groups, p) : std::nullopt;
  if (!order) return std::nullopt;
  Permutation out;
  for (const Group& group : *order) out.insert(out.end(), group.outputs.begin(), group.outputs.end());
  // A batch of one may stand anywhere; where it was first it stays first, as a batch of any other size does.
  if (!p.empty() && p[0] == 0 && input[0].equals(1) && output.rank() > 0 && output[0].equals(1)) {
    const auto batch = std::find(out.begin(), out.end(), size_t{0});
    std::rotate(out.begin(), batch, batch + 1);
  }
  const auto asked = ask_for(permuted(input, p), permuted(output, out));
  if (!asked) return std::nullopt;
  AxisMove move = move_first_input(node, p, out);
  move.attrs.set("allowzero", int64_t{0});
  move.replaced_inputs.emplace_back(1, Tensor::vector(*asked));
  return move;
}

}  // namespace

OpDefs reshape_ops() {
  return {OpDef("Reshape").infer(infer_reshape).axes(reshape_axes).evaluate(reshape_kernel)};
}

}  // namespace modelconv
