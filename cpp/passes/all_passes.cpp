#include "passes/all_passes.h"

#include <algorithm>

#include "passes/control/control.h"
#include "passes/eliminate/eliminate.h"
#include "passes/fold/fold.h"
#include "passes/fuse/fuse.h"
#include "passes/layout/layout.h"
#include "passes/recover/recover.h"
#include "passes/recurrent/recurrent.h"
#include "passes/roi/roi.h"

namespace modelconv {
namespace {

Rules joined(std::initializer_list<Rules> lists) {
  Rules rules;
  for (const Rules& list : lists) rules.insert(rules.end(), list.begin(), list.end());
  return rules;
}

Pass eliminate_pass() {
  return rule_pass(
      "eliminate", "nodes that change nothing go",
      joined({eliminate_noop_rules(), eliminate_neutral_element_rules(), eliminate_idempotent_rules(),
              eliminate_zero_state_rules(), eliminate_undone_rules()}));
}

Rules transposes_in_place_rules() { return {fuse_transposes_rule(), transpose_to_reshape_rule()}; }

Pass fuse_pass() {
  return rule_pass(
      "fuse", "several nodes become one",
      joined({fuse_reshape_rules(), fuse_reshape_transpose_rules(), fuse_reshape_matmul_rules(),
              transposes_in_place_rules(), fuse_slice_rules(), fuse_cast_rules(), fuse_clip_rules(),
              fuse_pad_rules(), fuse_affine_rules(), fuse_gemm_rules(), fuse_gemm_affine_rules(),
              fuse_concat_rules(), fuse_axis_rules(), fuse_broadcast_rules(), fuse_constant_chain_rules(),
              fuse_weight_rules(), fuse_same_axis_slice_rules(), fuse_mask_rules(), simple_einsum_rules()}));
}

Pass recurrent_pass() {
  return rule_pass("recurrent", "loops that spell out an RNN, GRU or LSTM become that operator",
                   joined({recurrent_rules(), recurrent_direction_rules()}));
}

Pass control_flow_pass() {
  return rule_pass("control_flow",
                   "bodies of If, Loop and Scan that run a known number of times become part of the graph",
                   joined({if_rules(), loop_rules(), scan_rules()}));
}

std::vector<RecoveryRule> joined(std::initializer_list<std::vector<RecoveryRule>> lists) {
  std::vector<RecoveryRule> rules;
  for (const std::vector<RecoveryRule>& list : lists) rules.insert(rules.end(), list.begin(), list.end());
  return rules;
}

Pass recover_pass() {
  return recovery_pass(
      "recover",
      "expressions that spell out a standard operator become that operator, where the operator set has it",
      joined({recover_activation_rules(), recover_normalization_rules(), recover_pool_rules()}));
}

Pass recover_functions_pass() {
  Pass pass = recovery_pass(
      "recover-functions", "the same for operators that runtimes expand again, which makes them slower there",
      recover_function_rules());
  pass.on_request = true;
  return pass;
}

Pass eliminate_monotone_argmax_pass() {
  Pass pass =
      rule_pass("eliminate-monotone-argmax",
                "a Softmax before an ArgMax goes, which may change what is chosen among NaN and near-ties",
                eliminate_monotone_argmax_rules());
  pass.on_request = true;
  return pass;
}

Pass decompose_einsum_pass() {
  Pass pass = rule_pass("decompose-einsum",
                        "Einsum of two operands becomes Transposes and a MatMul, for runtimes without it",
                        decompose_einsum_rules());
  pass.on_request = true;
  return pass;
}

Pass sparse_roi_pass() {
  Pass pass = recovery_pass(
      "sparse-roi", "two-stage detectors: each pyramid level runs RoiAlign over its own proposals alone",
      sparse_roi_rules());
  pass.on_request = true;
  pass.undoes = "masked-roi";
  return pass;
}

Pass masked_roi_pass() {
  Pass pass = rule_pass(
      "masked-roi",
      "two-stage detectors: each pyramid level runs RoiAlign over all proposals, and a mask chooses; for "
      "runtimes without NonZero",
      masked_roi_rules());
  pass.on_request = true;
  return pass;
}

Pass remove_unused_pass() {
  return {"remove_unused",
          "nodes and constants that nothing uses go",
          [](Graph& graph, const PassOptions&) {
            RewriteReport report;
            remove_unused(graph);
            return report;
          },
          {}};
}

}  // namespace

const std::vector<Pass>& simplify_pipeline() {
  static const std::vector<Pass> passes = {
      remove_unused_pass(),
      fold_known_elements_pass(),
      fold_constants_pass(),
      recurrent_pass(),  // before short loops are unrolled
      control_flow_pass(),
      eliminate_pass(),
      eliminate_monotone_argmax_pass(),
      share_subexpressions_pass(),
      // Before fusing, which merges constants that the expressions are known by.
      recover_pass(),
      recover_functions_pass(),
      decompose_einsum_pass(),
      sparse_roi_pass(),
      masked_roi_pass(),
      move_transposes_pass(),
      fuse_pass(),
      fold_constants_pass(),
      share_constants_pass(),
      remove_unused_pass(),
      fold_regions_pass(),
  };
  return passes;
}

const std::vector<Pass>& cleanup_pipeline() {
  static const std::vector<Pass> passes = {remove_unused_pass(), fold_known_elements_pass(),
                                           fold_constants_pass(), move_transposes_pass()};
  return passes;
}

std::vector<const Pass*> all_passes() {
  std::vector<const Pass*> passes;
  for (const Pass& pass : simplify_pipeline()) {
    const auto same = [&](const Pass* listed) { return listed->name == pass.name; };
    if (std::none_of(passes.begin(), passes.end(), same)) passes.push_back(&pass);
  }
  return passes;
}

}  // namespace modelconv
