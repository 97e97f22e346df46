#include "formats/common/control_flow.h"
#include "formats/common/subgraph.h"
#include "formats/common/term.h"
#include "ops/attributes.h"
#include "ops/axes.h"

namespace modelconv {
namespace {

using namespace formula;

std::vector<int64_t> ints_or_zeros(const Translation& t, const char* name, size_t count) {
  auto values = optional_ints(t.node(), name).value_or(std::vector<int64_t>());
  values.resize(count, 0);
  return values;
}

const Type kNumber = Type::tensor(DType::int64, Shape(std::vector<Dim>{})),
           kTruth = Type::tensor(DType::boolean, Shape(std::vector<Dim>{}));

class ScanToLoop {
 public:
  explicit ScanToLoop(Translation& t)
      : t_(t),
        scanned_(static_cast<size_t>(int_attr(t.node(), "num_scan_inputs"))),
        body_(subgraph_of(t, "body")) {
    ENSURE(scanned_ > 0 && scanned_ <= t.input_count() && body_->inputs().size() == t.input_count() &&
               t.node().output_count() >= states(),
           MalformedModelError, "{} and its body do not fit", t.node().describe());
  }

  void lower() {
    auto axes = ints_or_zeros(t_, "scan_input_axes", scanned_);
    for (size_t i = 0; i < scanned_; ++i)
      axes[i] = static_cast<int64_t>(normalize_axis(axes[i], t_.rank(states() + i)));
    const Term count = squeeze(size_of(input(t_, states()), axes[0]), {0});
    take_slices(count, axes);
    hand_condition_on();
    std::vector<Value*> inputs = {&count.value(), nullptr};
    for (size_t i = 0; i < states(); ++i) inputs.push_back(&t_.required(i));
    const size_t outputs = t_.node().output_count();
    const Node& loop = t_.add_node("Loop", std::move(inputs), {{"body", body_}}, outputs);
    for (size_t i = 0; i < outputs; ++i) set_output(t_, i, as_asked({t_, *loop.output(i)}, i));
  }

 private:
  size_t states() const { return t_.input_count() - scanned_; }

  // The body takes its slice of each input itself, by the number of the iteration.
  void take_slices(const Term& count, const std::vector<int64_t>& axes) {
    const auto directions = ints_or_zeros(t_, "scan_input_directions", scanned_);
    std::vector<Value*> old_inputs(body_->inputs().begin(), body_->inputs().end());
    Value& iteration = body_->add_input("iteration", kNumber);
    std::vector<Value*> order = {&iteration, &body_->add_input("goes_on", kTruth)};
    Node* const first = body_->nodes().empty() ? nullptr : body_->nodes().front().get();
    const auto add_first = [&](OpName op, std::vector<Value*> inputs, Attrs attrs) -> Value& {
      Node& node = body_->add_node(op, std::move(inputs), std::move(attrs), {""}, "", first);
      infer_node(node);
      return *node.output();
    };
    Value& one = body_->add_constant(Tensor::scalar(int64_t{1}));
    for (size_t i = 0; i < scanned_; ++i) {
      Value* place = &iteration;
      if (directions[i] != 0)
        place = &add_first("Sub", {&add_first("Sub", {&count.value(), &one}, {}), &iteration}, {});
      Value& slice = add_first("Gather", {&t_.required(states() + i), place}, {{"axis", axes[i]}});
      body_->replace_all_uses(*old_inputs[states() + i], slice);
      body_->remove_input(*old_inputs[states() + i]);
    }
    order.insert(order.end(), old_inputs.begin(), old_inputs.begin() + static_cast<std::ptrdiff_t>(states()));
    body_->reorder_inputs(order);
  }

  void hand_condition_on() {
    const std::vector<Value*> results = take_outputs(*body_);
    body_->add_output("goes_on", append(*body_, "Identity", {body_->inputs()[1]}));
    for (size_t i = 0; i < results.size(); ++i) body_->add_output(fmt::format("result{}", i), *results[i]);
  }

  // Output `index`: a Loop stacks in order, along the first axis.
  Term as_asked(Term y, size_t index) const {
    if (index < states() || !t_.wants_output(index)) return y;
    const size_t place = index - states(), collected = t_.node().output_count() - states();
    if (ints_or_zeros(t_, "scan_output_directions", collected)[place] != 0) y = reversed(y, 0);
    const int64_t axis = ints_or_zeros(t_, "scan_output_axes", collected)[place];
    if (axis == 0) return y;
    const size_t rank = t_.rank_of(*t_.node().output(index)), to = normalize_axis(axis, rank);
    std::vector<int64_t> perm;
    for (size_t from = 1; from < rank; ++from) perm.push_back(static_cast<int64_t>(from));
    perm.insert(perm.begin() + static_cast<std::ptrdiff_t>(to), 0);
    return transpose(y, perm);
  }

  Translation& t_;
  const size_t scanned_;
  const GraphPtr body_;
};

}  // namespace

void scan_to_loop(Translation& t) { ScanToLoop(t).lower(); }

}  // namespace modelconv
