// Cast from and to strings.
#pragma once

#include "ops/convert.h"

namespace modelconv {

void parse_strings(const Tensor& from, Tensor& to, const CastOptions& options, ThreadPool& threads);
void print_strings(const Tensor& from, Tensor& to);

}  // namespace modelconv
