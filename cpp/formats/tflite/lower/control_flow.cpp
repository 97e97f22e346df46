// If, Loop and Scan as IF and WHILE. What their subgraphs take from outside becomes inputs when all is lowered
// (close_subgraphs.h).
#include "formats/common/control_flow.h"

#include "formats/common/recurrent.h"
#include "formats/common/subgraph.h"
#include "formats/common/while_form.h"
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "passes/control/needed.h"

namespace modelconv::tflite {
namespace {

void lower_if(Translation& t) {
  Value& condition = as_scalar(t, t.cast(t.required(0), DType::boolean));
  Node& node = t.add_node("tflite.IF", {&condition},
                          {{"then", subgraph_of(t, "then_branch")}, {"else", subgraph_of(t, "else_branch")}},
                          t.node().output_count());
  for (size_t i = 0; i < t.node().output_count(); ++i) {
    if (!t.node().output(i)) continue;
    require_tensor(t, *t.node().output(i));
    node.output(i)->type = t.node().output(i)->type;
    t.set_output(i, *node.output(i));
  }
}

// --- Loop: WHILE(number of the iteration, condition, variables, what is collected)
class LoopToWhile {
 public:
  explicit LoopToWhile(Translation& t) : t_(t), loop_(t), body_(*loop_.body()) {
    // A loop whose state grows fails in LiteRT 2.3 where the condition comes straight from a comparison.
    Value& scalar = body_.add_constant(Tensor::vector<int64_t>({}));
    body_.set_output_value(1, append(body_, "Reshape", {body_.outputs()[1].value, &scalar}));
  }

  void lower() {
    for (Value* slice : loop_.collected()) collect(*slice);
    const std::vector<Type>& types = loop_.types();
    Node& node = t_.add_node("tflite.WHILE", loop_.beginning(),
                             {{"cond", loop_.condition()}, {"body", loop_.body()}}, types.size());
    for (size_t i = 0; i < types.size(); ++i) {
      node.output(i)->type = types[i];
      if (i >= WhileForm::kFirstVariable) t_.set_output(i - WhileForm::kFirstVariable, *node.output(i));
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
    std::vector<Value*> sizes;
    sizes.push_back(loop_.runs_to_limit() ? &reshaped(t_, *loop_.limit(), {1}) : &t_.ints({0}));
    for (size_t axis = 0; axis < t_.rank_of(slice); ++axis)
      sizes.push_back(&size_outside(slice.shape()[axis], slice));
    Value* shape = sizes[0];
    if (sizes.size() > 1) shape = &t_.add("Concat", sizes, {{"axis", int64_t{0}}});
    Value& room = t_.add("ConstantOfShape", {shape}, {{"value", Tensor::filled(slice.dtype(), {1}, 0)}});
    std::vector<Dim> dims = {Dim()};
    if (loop_.runs_to_limit() && loop_.limit()->is_constant())
      dims[0] = Dim(loop_.limit()->constant().to_int64()[0]);
    dims.insert(dims.end(), slice.shape().dims().begin(), slice.shape().dims().end());
    if (loop_.runs_to_limit()) room.type = Type::tensor(slice.dtype(), Shape(dims));
    Value& begun = t_.add("Identity", {&room});
    begun.type = Type::tensor(slice.dtype(), Shape(dims));
    return begun;
  }

  void collect(Value& slice) {
    Value& begun = beginning(slice);
    std::vector<Dim> dims = slice.shape().dims();
    dims.insert(dims.begin(), Dim());
    Value& so_far = body_.add_input("so_far", Type::tensor(slice.dtype(), Shape(dims)));
    Value& first = body_.add_constant(Tensor::vector<int64_t>({0}));
    Value& row = append(body_, "Unsqueeze", {&slice, &first});
    loop_.carry(begun, begun.type, so_far,
                loop_.runs_to_limit() ? put(so_far, row)
                                      : append(body_, "Concat", {&so_far, &row}, {{"axis", int64_t{0}}}));
  }

  // `row` at its place, the number of the iteration.
  Value& put(Value& so_far, Value& row) {
    const Attrs to_int32 = {{"to", static_cast<int64_t>(DType::int32)}};
    Value& number = append(body_, "Cast", {body_.inputs()[0]}, to_int32);
    Value* place = &append(body_, "Reshape", {&number, &body_.add_constant(Tensor::vector<int64_t>({1}))});
    const size_t rank = so_far.shape().rank();
    if (rank > 1) {
      Value& zeros = body_.add_constant(Tensor::vector(std::vector<int32_t>(rank - 1)));
      place = &append(body_, "Concat", {place, &zeros}, {{"axis", int64_t{0}}});
    }
    Node& update = body_.add_node("tflite.DYNAMIC_UPDATE_SLICE", {&so_far, &row, place});
    update.output()->type = so_far.type;
    return *update.output();
  }

  Translation& t_;
  WhileForm loop_;
  Graph& body_;
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
