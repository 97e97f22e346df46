#include "formats/hetu/ops/all_ops.h"

namespace modelconv::hetu {

const OpMappings& op_mappings() {
  static const OpMappings mappings = [] {
    OpMappings all;
    for (OpMappings (*rows)() : {elementwise_ops, fill_ops, image_ops, product_ops, reduction_ops,
                                 refused_ops, selection_ops, shape_ops})
      for (OpMapping& row : rows()) all.push_back(std::move(row));
    return all;
  }();
  return mappings;
}

}  // namespace modelconv::hetu
