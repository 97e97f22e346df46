// TensorArray (TensorFlow 1) and TensorList (TensorFlow 2) have no counterpart in ONNX that runs well: a list becomes the
// tensor of its elements, [length, element...]. What a loop appends, one element per iteration, becomes a scan output of
// the loop; other lists that a loop changes are carried as tensors.
#pragma once

#include <functional>
#include <map>
#include <unordered_map>
#include <vector>

#include "ir/graph.h"

namespace modelconv::tensorflow {

// Rewrites all list operators of the graph of "tf.X" in terms of operators on tensors. Throws one UnsupportedOpError
// with all that it cannot rewrite.
void lower_tensor_lists(Graph& graph);

// What is known of the list that a handle (or a TensorArray's flow) stands for.
struct ListState {
  Value* data = nullptr;           // [length, element...]; null: nothing has been written yet
  Value* length = nullptr;         // int32 scalar; null: as `data` says
  Value* element_shape = nullptr;  // int32 or int64 vector
  Shape known_shape;               // of an element
  DType dtype = DType::undefined;
  bool grows = false;  // a write behind the end makes it longer
  bool is_joined =
      false;  // `data` are the elements joined along their first axis: it can only be concatenated
};

class ListLowering {
 public:
  void run(Graph& graph);
  void finish();  // removes what was replaced, throws what was refused

 private:
  // A place in front of which nodes are added; the builders name them after it.
  struct At {
    Node& node;
    Value& add(std::string_view op, std::vector<Value*> inputs, Attrs attrs = {}) const;
    Value& ints(std::vector<int32_t> values) const;  // [n]
    Value& scalar(int32_t value) const;
    Value& size_of(Value& tensor, int32_t axis) const;  // scalar
    Value& element_shape_of(Value& tensor) const;       // all sizes but the first
    Value& as_vector(Value& scalar) const;              // [1]
    Value& stack_one(Value& element) const;             // [1, element...]
  };
  using Handler = void (ListLowering::*)(Node&);
  static const std::unordered_map<std::string, Handler>& handlers();

  ListState& state_of(Node& node, size_t input);
  ListState* find_state(const Value* value);
  Value& data_of(Node& node, size_t input);
  Value& data_of(const At& at, ListState& state);
  Value& length_of(const At& at, ListState& state);
  Value& zeros(const At& at, Value& length, const ListState& state);
  void give(Node& node, size_t output, ListState state);
  void replace(Node& node, size_t output, Value& value);
  bool covers_all(const Value& indices, const ListState& state);

  void lower_identity(Node& node);
  void lower_reserve(Node& node);
  void lower_empty(Node& node);
  void lower_from_tensor(Node& node);
  void lower_tensor_array(Node& node);
  void lower_read(Node& node);
  void lower_write(Node& node);
  void lower_push(Node& node);
  void lower_pop(Node& node);
  void lower_stack(Node& node);
  void lower_gather(Node& node);
  void lower_scatter(Node& node);
  void lower_concat(Node& node);
  void lower_split(Node& node);
  void lower_length(Node& node);
  void lower_resize(Node& node);
  void lower_element_shape(Node& node);
  void lower_loop(Node& node);
  void lower_if(Node& node);
  void lower_other(Node& node);

  struct LoopPlan;
  void plan_variable(Node& node, Graph& body, size_t variable, LoopPlan& plan);
  void rebuild_loop(Node& node, Graph& body, LoopPlan& plan);

  struct Refusal {
    std::string reason;
  };
  std::unordered_map<const Value*, ListState> states_;
  std::vector<Node*> replaced_;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> missing_;
};

// TensorListSetItem behind the end of the list makes it longer.
bool resizes(const Node& write);
// Through tf.Identity to what a value is.
Value& without_identities(Value& value);
// A constant integer of this value.
bool is_int(const Value* value, int64_t wanted);
// Computed in the same way from the same values.
bool same_value(const Value& a, const Value& b, int depth = 8);
// The variable counts 0, 1, 2...: number of the loop's input that starts it, behind the condition.
bool counts_from_zero(const Node& loop, const Graph& body, const Value& variable);
// True when the loop ends exactly when this counter reaches `limit`.
bool runs_until(const Node& loop, const Graph& body, const Value& limit);

}  // namespace modelconv::tensorflow
