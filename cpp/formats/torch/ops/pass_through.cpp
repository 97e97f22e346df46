// Operators that change no value at inference.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/call.h"

namespace modelconv::torch {
namespace {

void pass(Translation& t) {
  const Node& node = t.node();
  t.set_output(0, t.add("Identity", {node.input(0) ? node.input(0) : &t.required(0)}));
}

void raise_dropout(Translation& t) {
  const Call call(t, "self, p:number, train:bool");
  if (call.flag("train")) t.refuse("it drops values at random: the model is in training mode");
  t.set_output(0, t.add("Identity", {&call.tensor("self")}));
}

}  // namespace

OpMappings pass_through_ops() {
  OpMappings rows;
  for (const char* name : {"aten.alias", "aten.clone", "aten.contiguous", "aten.detach",
                           "aten.lift_fresh_copy", "aten.lift_fresh", "aten.positive"})
    rows.push_back({name, "Identity", pass, nullptr, ""});
  for (const char* name :
       {"aten.alpha_dropout", "aten.dropout", "aten.feature_alpha_dropout", "aten.feature_dropout"})
    rows.push_back({name, "Identity", raise_dropout, nullptr, "at inference"});
  return rows;
}

}  // namespace modelconv::torch
