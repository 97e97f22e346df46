// What every processor runs; the compiler maps 16-byte vectors to SSE2 or NEON.
namespace modelconv {
namespace {
constexpr int kVectorBytes = 16, kTileRows = 6, kTileVectors = 2;
}
}  // namespace modelconv

#include "ops/gemm_tile.h"

namespace modelconv {

TileKernel<float> baseline_float_kernel() { return make_kernel<float>(); }
TileKernel<double> baseline_double_kernel() { return make_kernel<double>(); }

}  // namespace modelconv
