// tf.Loop and tf.If (control_flow/graph_builder.h) to Loop and If.
#include "formats/common/control_flow.h"

#include "formats/tensorflow/ops/all_ops.h"

namespace modelconv::tensorflow {

OpMappings control_flow_ops() {
  return {
      {"tf.If", "If", raise_if, nullptr, "Switch and Merge, too"},
      {"tf.Loop", "Loop", raise_loop, nullptr, "made of Enter, Exit, NextIteration, LoopCond; While"},
  };
}

}  // namespace modelconv::tensorflow
