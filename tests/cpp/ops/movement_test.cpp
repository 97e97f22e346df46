// Operators that move elements: what they compute on small constants.
#include "base/error.h"
#include "ops/axes.h"
#include "ops/run_op.h"
#include "ops/run_text.h"

namespace modelconv {
namespace {

struct Case {
  const char* statements;
  const char* expected;
};

const char* const kMatrix = "x = Identity(int64[2, 3]{1, 2, 3, 4, 5, 6})\n";

void expect_all(const std::vector<Case>& cases) {
  for (const Case& c : cases) expect_result(std::string(kMatrix) + c.statements, c.expected);
}

TEST(Movement, ReshapesWithoutMoving) {
  expect_all({
      {"y = Reshape(x, int64[2]{3, -1})", "int64[3, 2]{1, 2, 3, 4, 5, 6}"},
      {"y = Reshape(x, int64[3]{0, 1, -1})", "int64[2, 1, 3]{1, 2, 3, 4, 5, 6}"},
      {"y = Reshape[allowzero=1](Slice(x, int64[1]{0}, int64[1]{0}), int64[2]{5, 0})", "int64[5, 0]{}"},
      {"y = Reshape(Slice(x, int64[1]{0}, int64[1]{0}), int64[2]{0, -1})", "int64[0, 3]{}"},
      {"y = Flatten[axis=0](x)", "int64[1, 6]{1, 2, 3, 4, 5, 6}"},
      {"y = Flatten[axis=-1](x)", "int64[2, 3]{1, 2, 3, 4, 5, 6}"},
      {"y = Unsqueeze(x, int64[2]{-1, 0})", "int64[1, 2, 3, 1]{1, 2, 3, 4, 5, 6}"},
      {"y = Squeeze(Unsqueeze(x, int64[2]{0, 2}), int64[1]{-2})", "int64[1, 2, 3]{1, 2, 3, 4, 5, 6}"},
      {"y = Squeeze(Unsqueeze(x, int64[2]{0, 2}))", "int64[2, 3]{1, 2, 3, 4, 5, 6}"},
  });
}

TEST(Movement, RepeatsJoinsAndCuts) {
  expect_all({
      {"y = Expand(int64[2, 1]{1, 2}, int64[3]{2, 1, 3})",
       "int64[2, 2, 3]{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2}"},
      {"y = Expand(int64[3]{1, 2, 3}, int64[1]{1})", "int64[3]{1, 2, 3}"},
      {"y = Expand(string[1]{\"a\"}, int64[1]{2})", "string[2]{\"a\", \"a\"}"},
      {"y = Tile(x, int64[2]{2, 1})", "int64[4, 3]{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}"},
      {"y = Tile(x, int64[2]{1, 2})", "int64[2, 6]{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}"},
      {"y = Tile(x, int64[2]{0, 2})", "int64[0, 6]{}"},
      {"y = Concat[axis=-1](x, int64[2, 1]{7, 8}, int64[2, 0]{})", "int64[2, 4]{1, 2, 3, 7, 4, 5, 6, 8}"},
      {"a, y = Split[axis=1](x, int64[2]{1, 2})", "int64[2, 2]{2, 3, 5, 6}"},
      {"a, y = Split[axis=1, num_outputs=2](x)", "int64[2, 1]{3, 6}"},
  });
}

TEST(Movement, Slices) {
  expect_all({
      {"y = Slice(x, int64[1]{1}, int64[1]{100}, int64[1]{1})", "int64[2, 2]{2, 3, 5, 6}"},
      {"y = Slice(x, int64[1]{-1}, int64[1]{-100}, int64[1]{1}, int64[1]{-1})",
       "int64[2, 3]{3, 2, 1, 6, 5, 4}"},
      {"y = Slice(x, int64[1]{-1}, int64[1]{-9223372036854775807}, int64[1]{-1}, int64[1]{-2})",
       "int64[2, 2]{3, 1, 6, 4}"},
      {"y = Slice(x, int32[2]{1, 0}, int32[2]{2, 3}, _, int32[2]{1, 2})", "int64[1, 2]{4, 6}"},
      {"y = Slice(x, int64[1]{2}, int64[1]{1}, int64[1]{1})", "int64[2, 0]{}"},
      {"y = Slice(x, int64[1]{100}, int64[1]{-100}, int64[1]{0}, int64[1]{-9223372036854775807})",
       "int64[1, 3]{4, 5, 6}"},
  });
}

TEST(Movement, Pads) {
  expect_all({
      {"y = Pad(x, int64[4]{0, 1, 1, -1}, 9)", "int64[3, 3]{9, 1, 2, 9, 4, 5, 9, 9, 9}"},
      {"y = Pad[mode=\"reflect\"](x, int64[2]{2, 3}, _, int64[1]{-1})",
       "int64[2, 8]{3, 2, 1, 2, 3, 2, 1, 2, 6, 5, 4, 5, 6, 5, 4, 5}"},
      {"y = Pad[mode=\"edge\"](x, int64[2]{1, 1}, _, int64[1]{1})",
       "int64[2, 5]{1, 1, 2, 3, 3, 4, 4, 5, 6, 6}"},
      {"y = Pad[mode=\"wrap\"](x, int64[2]{4, 1}, _, int64[1]{1})",
       "int64[2, 8]{3, 1, 2, 3, 1, 2, 3, 1, 6, 4, 5, 6, 4, 5, 6, 4}"},
      {"y = Pad[mode=\"edge\"](x, int64[2]{-1, 2}, _, int64[1]{1})", "int64[2, 4]{2, 3, 3, 3, 5, 6, 6, 6}"},
      {"y = CenterCropPad[axes=[1]](x, int64[1]{6})", "int64[2, 6]{0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0}"},
      {"y = CenterCropPad(x, int64[2]{1, 2})", "int64[1, 2]{1, 2}"},
  });
}

TEST(Movement, GathersAndScatters) {
  expect_all({
      {"y = Gather[axis=1](x, int64[2]{-1, 0})", "int64[2, 2]{3, 1, 6, 4}"},
      {"y = Gather(x, int64[]{1})", "int64[3]{4, 5, 6}"},
      {"y = GatherElements[axis=1](x, int32[2, 1]{2, -3})", "int64[2, 1]{3, 4}"},
      {"y = GatherND(x, int64[2, 2]{0, 0, 1, -1})", "int64[2]{1, 6}"},
      {"y = GatherND[batch_dims=1](x, int64[2, 1]{1, 0})", "int64[2]{2, 4}"},
      {"y = ScatterElements[axis=1](x, int64[1, 2]{-1, 0}, int64[1, 2]{7, 8})",
       "int64[2, 3]{8, 2, 7, 4, 5, 6}"},
      {"y = ScatterElements[axis=1, reduction=\"add\"](x, int64[1, 2]{0, 0}, int64[1, 2]{7, 8})",
       "int64[2, 3]{16, 2, 3, 4, 5, 6}"},
      {"y = ScatterElements[reduction=\"max\"](float16[2]{1, 2}, int64[2]{0, 0}, float16[2]{0.5, 3})",
       "float16[2]{3, 2}"},
      {"y = ScatterND(x, int64[1, 1]{1}, int64[1, 3]{7, 8, 9})", "int64[2, 3]{1, 2, 3, 7, 8, 9}"},
      {"y = ScatterND[reduction=\"mul\"](x, int64[2, 2]{0, 0, 0, 0}, int64[2]{7, 2})",
       "int64[2, 3]{14, 2, 3, 4, 5, 6}"},
      {"y = ScatterND[reduction=\"add\"](bool[2]{true, false}, int64[1, 1]{0}, bool[1]{true})",
       "bool[2]{true, false}"},
      {"y = TensorScatter[axis=1, mode=\"circular\"](x, int64[2, 2]{7, 8, 9, 10}, int64[2]{0, 2})",
       "int64[2, 3]{7, 8, 3, 10, 5, 9}"},
  });
}

TEST(Movement, Sizes) {
  expect_all({
      {"y = Shape[start=-1](x)", "int64[1]{3}"},
      {"y = Shape[start=5, end=-9](x)", "int64[0]{}"},
      {"y = Size(x)", "int64[]{6}"},
      {"y = ConstantOfShape[value=int4[1]{-3}](int64[2]{1, 3})", "int4[1, 3]{-3, -3, -3}"},
      {"y = ConstantOfShape(int64[0]{})", "float32[]{0}"},
      {"y = Range(5, 0, -2)", "int64[3]{5, 3, 1}"},
      {"y = Range(1.0, 2.0, 0.25)", "float32[4]{1, 1.25, 1.5, 1.75}"},
      {"y = Range(int16[]{3}, int16[]{3}, int16[]{1})", "int16[0]{}"},
  });
}

TEST(Movement, Selects) {
  expect_all({
      {"y = NonZero(float32[2, 2]{0, 1, -0.0, 2})", "int64[2, 2]{0, 1, 1, 1}"},
      {"y = NonZero(string[2]{\"\", \"a\"})", "int64[1, 1]{1}"},
      {"y = Compress[axis=1](x, bool[2]{false, true})", "int64[2, 1]{2, 5}"},
      {"y = Compress(x, bool[4]{false, true, false, true})", "int64[2]{2, 4}"},
      {"y = OneHot(int64[2]{1, -1}, 3, int64[2]{0, 5})", "int64[2, 3]{0, 5, 0, 0, 0, 5}"},
      {"y = OneHot[axis=0](float32[2]{1, 7}, 2, string[2]{\"n\", \"y\"})",
       "string[2, 2]{\"n\", \"n\", \"y\", \"n\"}"},
      {"y, i = TopK(int64[5]{3, 1, 3, 2, 5}, int64[1]{3})", "int64[3]{5, 3, 3}"},
      {"v, y = TopK(int64[5]{3, 1, 3, 2, 5}, int64[1]{3})", "int64[3]{4, 0, 2}"},
      {"v, y = TopK[axis=0, largest=0](x, int64[1]{1})", "int64[1, 3]{0, 0, 0}"},
      {"y, a, b, c = Unique(int64[5]{3, 1, 3, 2, 1})", "int64[3]{1, 2, 3}"},
      {"a, b, y, c = Unique[sorted=0](int64[5]{3, 1, 3, 2, 1})", "int64[5]{0, 1, 0, 2, 1}"},
      {"y = Unique[axis=1](int64[2, 3]{2, 1, 2, 0, 5, 0})", "int64[2, 2]{1, 2, 5, 0}"},
  });
}

TEST(Movement, Rearranges) {
  expect_all({
      {"y = DepthToSpace[blocksize=2](Reshape(Range(0, 8, 1), int64[4]{1, 8, 1, 1}))",
       "int64[1, 2, 2, 2]{0, 2, 4, 6, 1, 3, 5, 7}"},
      {"y = DepthToSpace[blocksize=2, mode=\"CRD\"](Reshape(Range(0, 8, 1), int64[4]{1, 8, 1, 1}))",
       "int64[1, 2, 2, 2]{0, 1, 2, 3, 4, 5, 6, 7}"},
      {"y = SpaceToDepth[blocksize=2](Reshape(Range(0, 8, 1), int64[4]{1, 2, 2, 2}))",
       "int64[1, 8, 1, 1]{0, 4, 1, 5, 2, 6, 3, 7}"},
      {"y = SpaceToDepth[blocksize=2, mode=\"CRD\"](Reshape(Range(0, 8, 1), int64[4]{1, 2, 2, 2}))",
       "int64[1, 8, 1, 1]{0, 1, 2, 3, 4, 5, 6, 7}"},
      {"y = ReverseSequence[batch_axis=0, time_axis=1](x, int64[2]{2, 3})", "int64[2, 3]{2, 1, 3, 6, 5, 4}"},
      {"y = ReverseSequence(x, int64[3]{0, 2, 1})", "int64[2, 3]{1, 5, 3, 4, 2, 6}"},
      {"y = Trilu(x)", "int64[2, 3]{1, 2, 3, 0, 5, 6}"},
      {"y = Trilu[upper=0](x, 1)", "int64[2, 3]{1, 2, 0, 4, 5, 6}"},
      {"y = Trilu[upper=0](x, -9223372036854775807)", "int64[2, 3]{0, 0, 0, 0, 0, 0}"},
      {"y = Col2Im[strides=[1, 1]](float32[1, 2, 2]{1, 2, 3, 4}, int64[2]{1, 3}, int64[2]{1, 2})",
       "float32[1, 1, 1, 3]{1, 5, 4}"},
  });
}

TEST(Movement, RefusesWhatIsOutOfRange) {
  for (const char* statement : {
           "y = Reshape(x, int64[2]{4, -1})",
           "y = Reshape(x, int64[2]{-1, -1})",
           "y = Reshape[allowzero=1](x, int64[2]{0, -1})",
           "y = Squeeze(x, int64[1]{0})",
           "y = Unsqueeze(x, int64[2]{0, 0})",
           "y = Transpose[perm=[0, 0]](x)",
           "y = Expand(x, int64[1]{2})",
           "y = Tile(x, int64[2]{4611686018427387904, 1})",
           "y = Tile(x, int64[1]{2})",
           "y = Expand(int64[1]{1}, int64[2]{1073741824, 1073741824})",
           "y = ConstantOfShape(int64[3]{4611686018427387904, 4611686018427387904, 4})",
           "y = Range(0, 9223372036854775807, 1)",
           "y = Range(0, 1, 0)",
           "y = Concat[axis=0](x, int64[1, 2]{1, 2})",
           "a, y = Split[axis=1](x, int64[2]{1, 1})",
           "y = Slice(x, int64[1]{0}, int64[1]{1}, int64[1]{0}, int64[1]{0})",
           "y = Slice(x, int64[1]{0}, int64[1]{1}, int64[1]{7})",
           "y = Pad(x, int64[4]{0, 0, 9223372036854775807, 0})",
           "y = Pad(x, int64[4]{0, -2, 0, -2})",
           "y = Gather(x, int64[1]{2})",
           "y = Gather(x, int64[1]{-3})",
           "y = GatherElements(x, int64[1, 3]{0, 1, 2})",
           "y = GatherND(x, int64[1, 2]{0, 3})",
           "y = ScatterElements(x, int64[1, 1]{2}, int64[1, 1]{0})",
           "y = ScatterND(x, int64[1, 2]{0, 3}, int64[1]{0})",
           "y = ScatterND(x, int64[1, 1]{0}, int64[2]{0, 0})",
           "y = TensorScatter[axis=1](x, int64[2, 2]{7, 8, 9, 10}, int64[2]{0, 2})",
           "y, i = TopK(x, int64[1]{4})",
           "y = OneHot(x, -1, int64[2]{0, 1})",
           "y = DepthToSpace[blocksize=2](Reshape(x, int64[4]{1, 6, 1, 1}))",
           "y = ReverseSequence(x, int64[3]{0, 3, 1})",
       }) {
    SCOPED_TRACE(statement);
    EXPECT_THROW(run_constants("graph test() -> (y) {\n" + std::string(kMatrix) + statement + "\n}"),
                 ShapeError);
  }
}

// Against the definition, for every order of the axes and every width of elements.
template <class T>
void expect_transposed(const Dims& dims) {
  const Tensor x = test_tensor<T>(dims);
  std::vector<int64_t> perm(dims.size());
  for (size_t i = 0; i < perm.size(); ++i) perm[i] = static_cast<int64_t>(i);
  do {
    const Tensor y = run_op("Transpose", {x}, {{"perm", perm}}, 1, 2)[0];
    EXPECT_TRUE(y.identical_to(permuted(x, to_permutation(perm))))
        << to_string(dims) << " by " << to_string(perm);
  } while (std::next_permutation(perm.begin(), perm.end()));
}

TEST(Movement, TransposesEveryWay) {
  for (const Dims& dims :
       {Dims{3, 5}, Dims{70, 90}, Dims{2, 33, 1, 40}, Dims{2, 3, 4, 5}, Dims{0, 3}, Dims{}}) {
    expect_transposed<int8_t>(dims);
    expect_transposed<int16_t>(dims);
    expect_transposed<float>(dims);
    expect_transposed<double>(dims);
  }
  expect_transposed<float>({300, 200});
  expect_transposed<std::complex<double>>({35, 3, 2});
}

TEST(Movement, TakesOneValueSeveralTimes) {
  expect_result("x = Neg(int64[2]{1, 2})\nz = Neg(x)\ny = Concat[axis=0](x, x, z, x)",
                "int64[8]{-1, -2, -1, -2, 1, 2, -1, -2}");
}

TEST(Movement, MovesPackedElements) {
  expect_result("y = Transpose(int4[2, 3]{1, -2, 3, -4, 5, -6})", "int4[3, 2]{1, -4, -2, 5, 3, -6}");
  expect_result("y = Reshape(uint4[3]{1, 2, 3}, int64[2]{3, 1})", "uint4[3, 1]{1, 2, 3}");
  expect_result("y = Pad(int4[1]{-1}, int64[2]{1, 1})", "int4[3]{0, -1, 0}");
}

}  // namespace
}  // namespace modelconv
