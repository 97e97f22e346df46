// Einsum: operands are contracted pair by pair as batched matrix products.
#include <algorithm>
#include <map>
#include <set>

#include "ops/all_ops.h"
#include "ops/einsum_equation.h"
#include "ops/matmul_plan.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

using Sizes = std::map<Label, int64_t>;

// Elements of a tensor by labels; an axis has each label once.
template <class T>
struct Operand {
  const T* data;
  std::vector<Label> labels;
  std::vector<int64_t> strides;
  std::shared_ptr<std::vector<T>> memory;  // where the elements are our own

  int64_t stride(Label label) const {
    const auto found = std::find(labels.begin(), labels.end(), label);
    return found == labels.end() ? 0 : strides[static_cast<size_t>(found - labels.begin())];
  }
  bool has(Label label) const { return std::find(labels.begin(), labels.end(), label) != labels.end(); }
};

int64_t product_of(const Sizes& sizes, const std::vector<Label>& labels) {
  Dims dims;
  for (Label label : labels) dims.push_back(sizes.at(label));
  return element_count(dims);
}

// Calls each(offset) for all places of `labels`, the last one fastest.
template <class Each>
void walk(const Sizes& sizes, const std::vector<Label>& labels, const std::vector<int64_t>& strides,
          const Each& each) {
  const int64_t count = product_of(sizes, labels);
  Dims place(labels.size(), 0);
  int64_t offset = 0;
  for (int64_t n = 0; n < count; ++n) {
    each(offset);
    for (size_t i = labels.size(); i-- > 0;) {
      offset += strides[i];
      if (++place[i] < sizes.at(labels[i])) break;
      offset -= strides[i] * sizes.at(labels[i]);
      place[i] = 0;
    }
  }
}

template <class T>
std::vector<int64_t> strides_along(const Operand<T>& operand, const std::vector<Label>& labels) {
  std::vector<int64_t> strides;
  for (Label label : labels) strides.push_back(operand.stride(label));
  return strides;
}

bool is_contiguous(const Sizes& sizes, const std::vector<Label>& labels,
                   const std::vector<int64_t>& strides) {
  int64_t expected = 1;
  for (size_t i = labels.size(); i-- > 0;) {
    if (sizes.at(labels[i]) != 1 && strides[i] != expected) return false;
    expected *= sizes.at(labels[i]);
  }
  return true;
}

// The operand in exactly this order of labels, the other ones summed up.
template <class T>
Operand<T> arranged(const Sizes& sizes, const Operand<T>& operand, const std::vector<Label>& labels) {
  std::vector<Label> summed;
  for (Label label : operand.labels)
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) summed.push_back(label);
  const std::vector<int64_t> strides = strides_along(operand, labels), inner = strides_along(operand, summed);
  Operand<T> result{operand.data, labels, {}, operand.memory};
  int64_t stride = 1;
  result.strides.resize(labels.size());
  for (size_t i = labels.size(); i-- > 0; stride *= sizes.at(labels[i])) result.strides[i] = stride;
  if (summed.empty() && is_contiguous(sizes, labels, strides)) return result;
  result.memory = std::make_shared<std::vector<T>>();
  result.memory->reserve(static_cast<size_t>(product_of(sizes, labels)));
  walk(sizes, labels, strides, [&](int64_t offset) {
    if (summed.empty()) return result.memory->push_back(operand.data[offset]);
    T sum = 0;
    walk(sizes, summed, inner,
         [&](int64_t more) { sum = static_cast<T>(sum + operand.data[offset + more]); });
    result.memory->push_back(sum);
  });
  result.data = result.memory->data();
  return result;
}

std::vector<Label> joined(std::vector<Label> a, const std::vector<Label>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The product of two operands; labels that nobody needs any more are summed up.
template <class T>
Operand<T> contract(ThreadPool& threads, const Sizes& sizes, const Operand<T>& a, const Operand<T>& b,
                    const std::set<Label>& needed) {
  std::vector<Label> batch, rows, columns, summed;
  for (Label label : a.labels) {
    if (b.has(label)) {
      (needed.contains(label) ? batch : summed).push_back(label);
    } else if (needed.contains(label)) {
      rows.push_back(label);
    }
  }
  for (Label label : b.labels)
    if (!a.has(label) && needed.contains(label)) columns.push_back(label);
  const Operand<T> left = arranged(sizes, a, joined(joined(batch, rows), summed));
  const Operand<T> right = arranged(sizes, b, joined(joined(batch, summed), columns));
  const int64_t m = product_of(sizes, rows), n = product_of(sizes, columns), k = product_of(sizes, summed);
  Operand<T> result{nullptr, joined(joined(batch, rows), columns), {}, nullptr};
  result.memory = std::make_shared<std::vector<T>>(static_cast<size_t>(product_of(sizes, result.labels)));
  result.data = result.memory->data();
  result.strides.resize(result.labels.size());
  int64_t stride = 1;
  for (size_t i = result.labels.size(); i-- > 0; stride *= sizes.at(result.labels[i]))
    result.strides[i] = stride;
  for_each_batch(threads, product_of(sizes, batch), [&](int64_t i) {
    const Product<T> product{m, n, k, result.memory->data() + i * m * n, n};
    const MatrixView<T> x{left.data + i * m * k, k, 1}, y{right.data + i * k * n, n, 1};
    if constexpr (std::is_floating_point_v<T>) {
      multiply(threads, product, x, y);
    } else {
      multiply_integers(product, x, y);
    }
  });
  return result;
}

// Labels and strides of an input; the diagonal where a label stands twice. Axes of size 1 that are broadcast have no
// label.
template <class T>
Operand<T> read_operand(const Tensor& tensor, const std::vector<Label>& labels, const Sizes& sizes) {
  Operand<T> operand{tensor.data<T>().data(), {}, {}, nullptr};
  int64_t stride = 1;
  for (size_t i = labels.size(); i-- > 0; stride *= tensor.dims()[i]) {
    if (tensor.dims()[i] == 1 && sizes.at(labels[i]) != 1) continue;
    const auto found = std::find(operand.labels.begin(), operand.labels.end(), labels[i]);
    if (found != operand.labels.end()) {
      operand.strides[static_cast<size_t>(found - operand.labels.begin())] += stride;
    } else {
      operand.labels.insert(operand.labels.begin(), labels[i]);
      operand.strides.insert(operand.strides.begin(), stride);
    }
  }
  return operand;
}

struct Plan {
  std::vector<std::vector<Label>> operands;
  std::vector<Label> result;
  Sizes sizes;
};

Plan plan_einsum(const KernelContext& context) {
  const EinsumEquation equation = parse_einsum(context.node());
  if (equation.terms.size() != context.input_count())
    context.fail("{} operands for {} terms", context.input_count(), equation.terms.size());
  Plan plan;
  size_t ellipsis_rank = 0;
  for (size_t i = 0; i < equation.terms.size(); ++i) {
    const Dims& dims = context.input(i).dims();
    plan.operands.push_back(labels_of(context.node(), equation.terms[i], dims.size()));
    for (size_t axis = 0; axis < dims.size(); ++axis) {
      const Label label = plan.operands.back()[axis];
      if (label >= kEllipsis)
        ellipsis_rank = std::max(ellipsis_rank, static_cast<size_t>(label - kEllipsis) + 1);
      const auto [known, added] = plan.sizes.emplace(label, dims[axis]);
      if (added || known->second == dims[axis] || dims[axis] == 1) continue;
      if (known->second != 1)
        context.fail("an axis has {} elements here and {} there", known->second, dims[axis]);
      known->second = dims[axis];
    }
  }
  plan.result = labels_of_result(equation, ellipsis_rank);
  return plan;
}

template <class T>
void run_typed(KernelContext& context, const Plan& plan) {
  Operand<T> sum = read_operand<T>(context.input(0), plan.operands[0], plan.sizes);
  for (size_t i = 1; i < plan.operands.size(); ++i) {
    std::set<Label> needed(plan.result.begin(), plan.result.end());
    for (size_t later = i + 1; later < plan.operands.size(); ++later)
      needed.insert(plan.operands[later].begin(), plan.operands[later].end());
    sum = contract(context.threads(), plan.sizes, sum,
                   read_operand<T>(context.input(i), plan.operands[i], plan.sizes), needed);
  }
  sum = arranged(plan.sizes, sum, plan.result);
  Dims dims;
  for (Label label : plan.result) dims.push_back(plan.sizes.at(label));
  Tensor& y = context.allocate(0, dtype_of<T>, dims);
  std::copy_n(sum.data, y.size(), y.mutable_data<T>().begin());
}

void run_einsum(KernelContext& context) {
  const Plan plan = plan_einsum(context);
  for (size_t i = 1; i < context.input_count(); ++i)
    if (context.input(i).dtype() != context.input(0).dtype()) context.fail("operands of different types");
  visit_types(
      context, context.input(0).dtype(), [&]<class T>(T) { run_typed<T>(context, plan); }, FloatTypes(),
      WideIntegers(), NarrowIntegers());
}

void infer_einsum(InferContext& context) {
  const EinsumEquation equation = parse_einsum(context.node());
  if (equation.terms.size() != context.input_count())
    context.fail("{} operands for {} terms", context.input_count(), equation.terms.size());
  std::map<Label, Dim> sizes;
  size_t ellipsis_rank = 0;
  bool complete = true;
  for (size_t i = 0; i < equation.terms.size(); ++i) {
    const Shape& shape = context.input_shape(i);
    if (!shape.has_rank()) {
      complete = complete && equation.terms[i].find('.') == std::string::npos;
      continue;
    }
    const std::vector<Label> labels = labels_of(context.node(), equation.terms[i], shape.rank());
    for (size_t axis = 0; axis < labels.size(); ++axis) {
      if (labels[axis] >= kEllipsis)
        ellipsis_rank = std::max(ellipsis_rank, static_cast<size_t>(labels[axis] - kEllipsis) + 1);
      const auto [known, added] = sizes.emplace(labels[axis], shape[axis]);
      if (!added) known->second = broadcast(Shape{known->second}, Shape{shape[axis]})[0];
    }
  }
  Shape result;
  if (complete) {
    std::vector<Dim> dims;
    for (Label label : labels_of_result(equation, ellipsis_rank)) dims.push_back(sizes[label]);
    result = dims;
  }
  context.set_output(0, context.input_dtype(0), result);
}

// A transposed operand is another order of letters; the result stays. Ellipses have no letters to move.
std::optional<AxisMove> move_einsum(const Node& node, size_t index, const Permutation& p) {
  EinsumEquation equation = parse_einsum(node);
  if (index >= equation.terms.size() || equation.terms[index].size() != p.size()) return std::nullopt;
  for (const std::string& term : equation.terms)
    if (term.find('.') != std::string::npos) return std::nullopt;
  std::string moved;
  for (size_t axis : p) moved.push_back(equation.terms[index][axis]);
  equation.terms[index] = moved;
  std::string text = equation.terms[0];
  for (size_t i = 1; i < equation.terms.size(); ++i) text += "," + equation.terms[i];
  AxisMove move;
  move.inputs.resize(node.input_count());
  move.inputs[index] = p;
  Permutation identity(equation.result.size());
  for (size_t i = 0; i < identity.size(); ++i) identity[i] = i;
  move.outputs = {identity};
  move.attrs = node.attrs;
  move.attrs.set("equation", text + "->" + equation.result);
  return move;
}

}  // namespace

OpDefs einsum_ops() {
  return {OpDef("Einsum").infer(infer_einsum).axes(move_einsum).evaluate(run_einsum).widen_half()};
}

}  // namespace modelconv
