// Operators that change no value at inference.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

void pass(Translation& t) {
  const Node& node = t.node();
  give({t, node.input(0) ? *node.input(0) : t.required(0)});
}

void raise_dropout(Translation& t) {
  const Call call(t, "self, p:number, train:bool");
  if (call.flag("train")) t.refuse("it drops values at random: the model is in training mode");
  t.set_output(0, t.add("Identity", {&call.tensor("self")}));
}

// The second result says which elements stay: all of them.
void raise_native_dropout(Translation& t) {
  const Call call(t, "input, p:number, train:bool=false");
  if (call.flag("train")) t.refuse("it drops values at random: the model is in training mode");
  Value& x = call.tensor("input");
  t.set_output(0, t.add("Identity", {&x}));
  if (!t.wants_output(1)) return;
  t.set_output(
      1, t.add("ConstantOfShape", {&t.shape_of(x)}, {{"value", Tensor::filled(DType::boolean, {1}, 1)}}));
}

}  // namespace

OpMappings pass_through_ops() {
  OpMappings rows = {{"aten.native_dropout", "Identity", raise_native_dropout, nullptr, "at inference"}};
  for (const char* name : {"aten.alias", "aten.clone", "aten.contiguous", "aten.detach",
                           "aten.lift_fresh_copy", "aten.lift_fresh", "aten.positive", "aten.resolve_conj",
                           "aten.resolve_neg", "aten.alias_copy", "aten.detach_copy"})
    rows.push_back({name, "Identity", pass, nullptr, ""});
  for (const char* name :
       {"aten.alpha_dropout", "aten.dropout", "aten.feature_alpha_dropout", "aten.feature_dropout"})
    rows.push_back({name, "Identity", raise_dropout, nullptr, "at inference"});
  return rows;
}

}  // namespace modelconv::torch
