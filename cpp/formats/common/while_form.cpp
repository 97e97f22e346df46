#include "formats/common/while_form.h"

#include "formats/common/subgraph.h"
#include "ops/body_types.h"

namespace modelconv {
namespace {

const Type kNumber = Type::tensor(DType::int64, Shape(std::vector<Dim>{})),
           kTruth = Type::tensor(DType::boolean, Shape(std::vector<Dim>{}));

bool is_true(const Value* value) {
  return value && value->is_constant() && value->constant().size() == 1 &&
         value->constant().to_int64()[0] != 0;
}

// The body's condition says nothing but what it was given.
bool never_stops(const Graph& body, const Value* condition) {
  while (condition->producer() && condition->producer()->op() == OpName("Identity"))
    condition = condition->producer()->input(0);
  return condition == body.inputs()[1] || is_true(condition);
}

}  // namespace

WhileForm::WhileForm(Translation& t)
    : t_(t), body_(subgraph_of(t, "body")), variables_(t.input_count() - kFirstVariable) {
  ENSURE(t.input_count() >= kFirstVariable && body_->inputs().size() == t.input_count() &&
             body_->outputs().size() > variables_,
         MalformedModelError, "{} and its body do not fit", t.node().describe());
  if (t.input(0)) limit_ = &t.cast(as_scalar(t, t.required(0)), DType::int64);
  std::vector<Value*> results = take_outputs(*body_);
  runs_to_limit_ = limit_ && never_stops(*body_, results[0]) && (!t.input(1) || is_true(t.input(1)));
  const std::span<Value* const> inputs = body_->inputs();
  Value& next = append(*body_, "Add", {inputs[0], &body_->add_constant(Tensor::scalar(int64_t{1}))});
  carry(t.scalar(DType::int64, 0), kNumber, *inputs[0], next);
  if (!results[0]->shape().has_rank() || results[0]->shape().rank() > 0)
    results[0] = &append(*body_, "Reshape", {results[0], &body_->add_constant(Tensor::vector<int64_t>({}))});
  carry(t.input(1) ? as_scalar(t, t.required(1)) : t.constant(Tensor::boolean(true)), kTruth, *inputs[1],
        *results[0]);
  for (size_t i = 0; i < variables_; ++i) {
    Value& first = t.required(kFirstVariable + i);
    require_tensor(t, first);
    carry(first, generalize(first.type, results[1 + i]->type), *inputs[kFirstVariable + i], *results[1 + i]);
  }
  collected_.assign(results.begin() + static_cast<std::ptrdiff_t>(1 + variables_), results.end());
  for (const Value* slice : collected_) require_tensor(t, *slice);
}

void WhileForm::carry(Value& first, const Type& type, Value& now, Value& next) {
  now.type = type;
  beginning_.push_back(&first);
  types_.push_back(type);
  body_->add_output(fmt::format("state{}", types_.size() - 1), next);
}

GraphPtr WhileForm::condition() const {
  auto graph = std::make_shared<Graph>("condition", &t_.graph());
  for (const Value* input : body_->inputs()) graph->add_input(input->name() + "/condition", input->type);
  Value* goes_on = graph->inputs()[1];
  if (limit_) {
    Value& is_left = append(*graph, "Less", {graph->inputs()[0], limit_});
    goes_on = &append(*graph, "And", {goes_on, &is_left});
  }
  graph->add_output("goes_on", *goes_on);
  return graph;
}

}  // namespace modelconv
