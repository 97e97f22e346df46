// Compiled with the processor's flags by cmake/GemmKernels.cmake.
#ifdef __x86_64__
namespace modelconv {
namespace {
constexpr int kVectorBytes = 32, kTileRows = 6, kTileVectors = 2;
}
}  // namespace modelconv

#include "ops/gemm_tile.h"

namespace modelconv {

TileKernel<float> avx2_float_kernel() { return make_kernel<float>(); }
TileKernel<double> avx2_double_kernel() { return make_kernel<double>(); }

}  // namespace modelconv
#endif
