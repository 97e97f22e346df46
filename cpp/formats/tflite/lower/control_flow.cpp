// If, Loop and Scan as IF and WHILE. What their subgraphs take from outside becomes inputs when all is lowered
// (close_subgraphs.h).
#include "formats/common/control_flow.h"

#include "formats/common/recurrent.h"
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/body_types.h"
#include "passes/control/needed.h"

namespace modelconv::tflite {
namespace {

constexpr size_t kFirstVariable = 2;  // behind the number of the iteration and the condition

GraphPtr graph_of(const Translation& t, const char* name) {
  const GraphPtr* graph = t.node().attrs.get<GraphPtr>(name);
  ENSURE(graph && *graph, MalformedModelError, "{} has no {}", t.node().describe(), name);
  return *graph;
}

void refuse_other_kinds(const Translation& t, const Value& value) {
  if (!value.type.is_tensor()) t.refuse("'{}' is {}, no tensor", value.name(), value.type.str());
}

Value& scalar(Translation& t, Value& value) {
  return value.shape().has_rank() && value.shape().rank() == 0 ? value : reshaped(t, value, {});
}

void lower_if(Translation& t) {
  Value& condition = scalar(t, t.cast(t.required(0), DType::boolean));
  Node& node = t.add_node("tflite.IF", {&condition},
                          {{"then", graph_of(t, "then_branch")}, {"else", graph_of(t, "else_branch")}},
                          t.node().output_count());
  for (size_t i = 0; i < t.node().output_count(); ++i) {
    if (!t.node().output(i)) continue;
    refuse_other_kinds(t, *t.node().output(i));
    node.output(i)->type = t.node().output(i)->type;
    t.set_output(i, *node.output(i));
  }
}

// --- Loop: WHILE(number of the iteration, condition, variables, what is collected)

Value& add(Graph& graph, OpName op, std::vector<Value*> inputs, Attrs attrs = {}) {
  Node& node = graph.add_node(op, std::move(inputs), std::move(attrs));
  infer_node(node);
  return *node.output();
}

bool is_true(const Value* value) {
  return value && value->is_constant() && value->constant().size() == 1 &&
         value->constant().to_int64()[0] != 0;
}

class LoopToWhile {
 public:
  explicit LoopToWhile(Translation& t)
      : t_(t), body_(graph_of(t, "body")), variables_(t.input_count() - kFirstVariable) {
    ENSURE(body_->inputs().size() == t.input_count() && body_->outputs().size() > variables_,
           MalformedModelError, "{} and its body do not fit", t.node().describe());
    limit_ = t.input(0) ? &t.cast(scalar(t, t.required(0)), DType::int64) : nullptr;
    const Value* next = body_->outputs()[0].value;
    while (next->producer() && next->producer()->op() == OpName("Identity"))
      next = next->producer()->input(0);
    const bool never_stops = next == body_->inputs()[1] || is_true(next);
    runs_to_limit_ = limit_ && never_stops && (!t.input(1) || is_true(t.input(1)));
  }

  void lower() {
    std::vector<Value*> inputs = {&t_.scalar(DType::int64, 0)};
    inputs.push_back(t_.input(1) ? &scalar(t_, t_.required(1)) : &t_.constant(Tensor::boolean(true)));
    std::vector<Type> types = {inputs[0]->type, inputs[1]->type};
    for (size_t i = 0; i < variables_; ++i) {
      Value& first = t_.required(kFirstVariable + i);
      refuse_other_kinds(t_, first);
      inputs.push_back(&first);
      types.push_back(generalize(first.type, body_->outputs()[1 + i].value->type));
    }
    for (size_t i = 1 + variables_; i < body_->outputs().size(); ++i) {
      Value& begun = beginning(*body_->outputs()[i].value);
      inputs.push_back(&begun);
      types.push_back(begun.type);
    }
    rebuild_body();
    for (size_t i = 0; i < types.size(); ++i) body_->inputs()[i]->type = types[i];
    const Attrs attrs = {{"cond", make_condition()}, {"body", body_}};
    Node& loop = t_.add_node("tflite.WHILE", std::move(inputs), attrs, types.size());
    for (size_t i = 0; i < types.size(); ++i) {
      loop.output(i)->type = types[i];
      if (i >= kFirstVariable) t_.set_output(i - kFirstVariable, *loop.output(i));
    }
  }

 private:
  // A size of what is collected, asked for in front of the loop.
  Value& size_outside(const Dim& dim, const Value& collected) {
    if (dim.is_known()) return t_.ints({dim.value()});
    if (!dim.is_unknown())
      for (Value* value : values_read(t_.node())) {
        if (!value->type.is_tensor() || !value->shape().has_rank()) continue;
        for (size_t axis = 0; axis < value->shape().rank(); ++axis)
          if (value->shape()[axis] == dim) {
            const auto at = static_cast<int64_t>(axis);
            return t_.add("Shape", {value}, {{"start", at}, {"end", at + 1}});
          }
      }
    t_.refuse("what it collects, '{}', is of the shape {}, which is not known in front of it",
              collected.name(), collected.shape().str());
  }

  // Room for all slices where their number is known beforehand, else none: it grows.
  Value& beginning(const Value& slice) {
    refuse_other_kinds(t_, slice);
    std::vector<Value*> sizes;
    sizes.push_back(runs_to_limit_ ? &reshaped(t_, *limit_, {1}) : &t_.ints({0}));
    for (size_t axis = 0; axis < t_.rank_of(slice); ++axis)
      sizes.push_back(&size_outside(slice.shape()[axis], slice));
    Value* shape = sizes[0];
    if (sizes.size() > 1) shape = &t_.add("Concat", sizes, {{"axis", int64_t{0}}});
    Value& room = t_.add("ConstantOfShape", {shape}, {{"value", Tensor::filled(slice.dtype(), {1}, 0)}});
    std::vector<Dim> dims = {Dim()};
    if (runs_to_limit_ && limit_->is_constant()) dims[0] = Dim(limit_->constant().to_int64()[0]);
    dims.insert(dims.end(), slice.shape().dims().begin(), slice.shape().dims().end());
    if (runs_to_limit_) room.type = Type::tensor(slice.dtype(), Shape(dims));
    Value& begun = t_.add("Identity", {&room});
    begun.type = Type::tensor(slice.dtype(), Shape(dims));
    return begun;
  }

  // Outputs: number of the next iteration, condition, variables, what is collected.
  void rebuild_body() {
    std::vector<Value*> results;
    while (!body_->outputs().empty()) {
      results.push_back(body_->outputs()[0].value);
      body_->remove_output(0);
    }
    Value& one = body_->add_constant(Tensor::scalar(int64_t{1}));
    body_->add_output("next", add(*body_, "Add", {body_->inputs()[0], &one}));
    results[0] = &add(*body_, "Reshape", {results[0], &body_->add_constant(Tensor::vector<int64_t>({}))});
    for (size_t i = 0; i <= variables_; ++i) body_->add_output(fmt::format("variable{}", i), *results[i]);
    for (size_t i = variables_ + 1; i < results.size(); ++i)
      body_->add_output(fmt::format("collected{}", i), collect(*results[i]));
  }

  Value& collect(Value& slice) {
    std::vector<Dim> dims = slice.shape().dims();
    dims.insert(dims.begin(), Dim());
    Value& so_far = body_->add_input("so_far", Type::tensor(slice.dtype(), Shape(dims)));
    Value& first = body_->add_constant(Tensor::vector<int64_t>({0}));
    Value& row = add(*body_, "Unsqueeze", {&slice, &first});
    if (!runs_to_limit_) return add(*body_, "Concat", {&so_far, &row}, {{"axis", int64_t{0}}});
    Value& number = add(*body_, "Cast", {body_->inputs()[0]}, {{"to", static_cast<int64_t>(DType::int32)}});
    Value* place = &add(*body_, "Reshape", {&number, &body_->add_constant(Tensor::vector<int64_t>({1}))});
    if (dims.size() > 1) {
      Value& zeros = body_->add_constant(Tensor::vector(std::vector<int32_t>(dims.size() - 1)));
      place = &add(*body_, "Concat", {place, &zeros}, {{"axis", int64_t{0}}});
    }
    Node& update = body_->add_node("tflite.DYNAMIC_UPDATE_SLICE", {&so_far, &row, place});
    update.output()->type = so_far.type;
    return *update.output();
  }

  // Goes on while the condition holds and iterations are left.
  GraphPtr make_condition() {
    auto graph = std::make_shared<Graph>("condition", &t_.graph());
    for (const Value* input : body_->inputs()) graph->add_input(input->name() + "/condition", input->type);
    Value* goes_on = graph->inputs()[1];
    if (limit_) {
      Value& is_left = add(*graph, "Less", {graph->inputs()[0], limit_});
      goes_on = &add(*graph, "And", {goes_on, &is_left});
    }
    graph->add_output("goes_on", *goes_on);
    return graph;
  }

  Translation& t_;
  const GraphPtr body_;
  const size_t variables_;
  Value* limit_ = nullptr;
  bool runs_to_limit_ = false;
};

void lower_loop(Translation& t) { LoopToWhile(t).lower(); }

}  // namespace

OpMappings lower_control_flow() {
  return {
      {"tflite.IF", "If", nullptr, lower_if, "tensors"},
      {"tflite.WHILE", "Loop", nullptr, lower_loop,
       "tensors; sizes of what is collected known in front of the loop"},
      {"tflite.WHILE", "Scan", nullptr, scan_to_loop, "likewise"},
      {"tflite.WHILE", "RNN", nullptr, rnn_to_loop, ""},
      {"tflite.WHILE", "GRU", nullptr, gru_to_loop, ""},
      {"tflite.WHILE", "LSTM", nullptr, lstm_to_loop, "the fused operators keep their state from run to run"},
  };
}

}  // namespace modelconv::tflite
