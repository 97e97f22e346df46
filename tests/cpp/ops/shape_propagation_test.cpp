// Shapes of symbols through the operators that compute with shapes.
#include "ops/run_text.h"

namespace modelconv {
namespace {

struct Case {
  const char* text;
  const char* type;  // of y
};

TEST(ShapePropagation, FollowsComputedShapes) {
  const std::vector<Case> cases{
      {"x: float32[N, 3, H, W]; y = Reshape(x, int64[2]{0, -1})", "float32[N, 3*H*W]"},
      {"x: float32[N, 6, 4]; y = Reshape(x, int64[3]{-1, 2, 3})", "float32[4*N, 2, 3]"},
      {"x: float32[N, 8]; y = Reshape(x, Concat[axis=0](Shape[end=1](x), int64[2]{2, 4}))",
       "float32[N, 2, 4]"},
      {"x: float32[N, 8]; n = Gather(Shape(x), 0); y = Reshape(x, Concat[axis=0](Unsqueeze(n, int64[1]{0}), "
       "int64[1]{-1}))",
       "float32[N, 8]"},
      {"x: float32[N, 8]; y = Reshape(x, Slice(Shape(x), int64[1]{-1}, int64[1]{-3}, int64[1]{0}, "
       "int64[1]{-1}))",
       "float32[8, N]"},
      {"x: float32[N, C]; a, b = Split[axis=0, num_outputs=2](Shape(x)); y = Expand(1.0, Concat[axis=0](b, "
       "a, int64[1]{2}))",
       "float32[C, N, 2]"},
      {"x: float32[N, C]; y = ConstantOfShape(ScatterND(Shape(x), int64[1, 1]{1}, int64[1]{7}))",
       "float32[N, 7]"},
      {"x: float32[N, C]; y = Range(0, Squeeze(Shape[start=1](x)), 1)", "int64[C]"},
      {"x: float32[N]; y = Range(2, Size(x), 1)", "int64[max(N - 2, 0)]"},
      {"x: float32[N, 4]; y = Tile(x, Expand(2, Shape(Shape(x))))", "float32[2*N, 8]"},
      {"x: float32[N, H]; y = Slice(x, int64[1]{0}, int64[1]{9223372036854775807}, int64[1]{1}, int64[1]{2})",
       "float32[N, floor((H + 1)/2)]"},
      {"x: float32[N, H]; y = Slice(x, int64[1]{0}, Shape[start=1](x), int64[1]{1})", "float32[N, H]"},
      {"x: float32[N, H]; y = Pad(x, int64[4]{0, 1, 0, 2})", "float32[N, H + 3]"},
      {"x: float32[N, H]; y = Concat[axis=1](x, x)", "float32[N, 2*H]"},
      {"x: float32[N, 2*H]; a, y = Split[axis=1, num_outputs=2](x)", "float32[N, H]"},
      {"x: float32[N, H]; y = Flatten[axis=2](x)", "float32[H*N, 1]"},
      {"x: float32[N, H]; i: int64[K]; y = Gather[axis=1](x, i)", "float32[N, K]"},
      {"x: float32[N, 1, H]; y = Squeeze(x, int64[1]{1})", "float32[N, H]"},
      {"x: float32[1, 3, H, W]; y = Resize(x, _, float32[4]{1, 1, 2, 0.5})",
       "float32[1, 3, 2*H, floor(W/2)]"},
      {"x: float32[1, 3, H, W]; z: float32[1, 3, A, B]; y = Resize(x, _, _, Shape(z))",
       "float32[1, 3, A, B]"},
      {"x: int64[N]; y = OneHot(x, 5, float32[2]{0, 1})", "float32[N, 5]"},
      {"x: float32[N, M]; y, i = TopK(x, int64[1]{3})", "float32[N, 3]"},
      {"x: float32[N, 12, H, W]; y = DepthToSpace[blocksize=2](x)", "float32[N, 3, 2*H, 2*W]"},
      {"x: float32[N, M]; y = NonZero(x)", "int64[2, ?y.1]"},
  };
  for (const Case& c : cases) EXPECT_EQ(inferred_type(c.text), c.type) << c.text;
}

TEST(ShapePropagation, LoopsForgetWhatChanges) {
  const char* const grows = R"(graph main(x: float32[2], n: int64[]) -> (y, z) {
    y, z = Loop[body=graph b(i: int64[], c: bool[], v: float32[2]) -> (d, w, s) {
      d = Identity(c)
      w = Concat[axis=0](v, x)
      s = Identity(x)
    }](n, _, x)
  })";
  EXPECT_EQ(inferred_type(grows, "y"), "float32[?]");
  EXPECT_EQ(inferred_type(grows, "z").substr(0, 9), "float32[?");
  const char* const keeps = R"(graph main(x: float32[N], n: int64[]) -> (y, z) {
    y, z = Loop[body=graph b(i: int64[], c: bool[], v) -> (c, w, w) { w = Identity(v) }](5, _, x)
  })";
  EXPECT_EQ(inferred_type(keeps, "y"), "float32[N]");
  EXPECT_EQ(inferred_type(keeps, "z"), "float32[5, N]");
}

}  // namespace
}  // namespace modelconv
