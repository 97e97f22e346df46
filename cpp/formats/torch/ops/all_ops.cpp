#include "formats/torch/ops/all_ops.h"

namespace modelconv::torch {

const OpMappings& op_mappings() {
  static const OpMappings table = [] {
    OpMappings all;
    for (OpMappings (*family)() : {
             arithmetic_ops,  cast_ops,         choose_ops,     compare_ops, control_ops,
             convolution_ops, create_ops,       cumulative_ops, gather_ops,  join_ops,
             linear_ops,      pass_through_ops, permute_ops,    reduce_ops,  reshape_ops,
             slice_ops,       split_ops,        symbolic_ops,   unary_ops,
         })
      for (OpMapping& row : family()) all.push_back(std::move(row));
    return all;
  }();
  return table;
}

}  // namespace modelconv::torch
