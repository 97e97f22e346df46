// Rules that put one standard operator in the place of the expression that it is defined by.
#pragma once

#include "passes/pass.h"

namespace modelconv {

// Gelu (both forms), HardSigmoid, HardSwish, Mish, Softsign, LeakyRelu, ...
std::vector<RecoveryRule> recover_activation_rules();
// LayerNormalization, RMSNormalization, InstanceNormalization; scale and bias taken in.
std::vector<RecoveryRule> recover_normalization_rules();
// Global pools, and others that runtimes have kernels for.
std::vector<RecoveryRule> recover_pool_rules();

// Operators that are functions in the standard, and which runtimes without a kernel of their own compute more slowly than
// what they stand for: on request.
std::vector<RecoveryRule> recover_function_rules();
RecoveryRule recover_group_norm_rule();  // one of them

}  // namespace modelconv
