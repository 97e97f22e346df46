// Compiled with the processor's flags by cmake/GemmKernels.cmake.
#ifdef __x86_64__
namespace modelconv {
namespace {
constexpr int kVectorBytes = 64, kTileRows = 12, kTileVectors = 2;
}
}  // namespace modelconv

#include "ops/gemm_tile.h"

namespace modelconv {

TileKernel<float> avx512_float_kernel() { return make_kernel<float>(); }
TileKernel<double> avx512_double_kernel() { return make_kernel<double>(); }

}  // namespace modelconv
#endif
