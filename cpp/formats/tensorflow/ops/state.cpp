// Variables and their assignments. A converted model keeps no state: an assignment hands on the new value.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void raise_variable(Translation& t) {
  t.refuse(
      "its value is not in the file: freeze the graph, or convert the checkpoint or the SavedModel folder");
}

void raise_assign(Translation& t) { set_output(t, 0, input(t, 1)); }
void raise_assign_add(Translation& t) { set_output(t, 0, input(t, 0) + input(t, 1)); }
void raise_assign_sub(Translation& t) { set_output(t, 0, input(t, 0) - input(t, 1)); }

// Variables are constants here, and constants have values.
void raise_is_initialised(Translation& t) { set_output(t, 0, {t, t.constant(Tensor::boolean(true))}); }

}  // namespace

OpMappings state_ops() {
  OpMappings rows;
  for (const char* name : {"AutoReloadVariable", "VarHandleOp", "Variable", "VariableV2"})
    rows.push_back(
        {OpName("tf", name), OpName(), raise_variable, nullptr, "a constant, where its value is known"});
  const std::string note = "hands on the new value, which is not kept";
  rows.push_back({"tf.Assign", "Identity", raise_assign, nullptr, note});
  rows.push_back({"tf.AssignAdd", "Add", raise_assign_add, nullptr, note});
  rows.push_back({"tf.AssignSub", "Sub", raise_assign_sub, nullptr, note});
  rows.push_back({"tf.IsVariableInitialized", "Constant", raise_is_initialised, nullptr, ""});
  rows.push_back({"tf.VarIsInitializedOp", "Constant", raise_is_initialised, nullptr, ""});
  return rows;
}

}  // namespace modelconv::tensorflow
