#include "ir/text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace modelconv {
namespace {

std::string reprinted(const std::string& text, const PrintOptions& options = {}) {
  const std::unique_ptr<Graph> graph = parse_graph(text);
  graph->verify();
  return to_text(*graph, options);
}

// Every construct of the grammar, as it prints: reading and printing gives the same text.
TEST(Text, WhatIsPrintedReadsBackAsTheSame) {
  const char* texts[] = {
      "graph main() -> () {\n}\n",

      "graph main(x: float32[N, 3, 8, 8], n: int64[]) -> (y: float32[N, 4, 8, 8]) {\n"
      "  w: float32[4, 1] = {0.5, 1, -0, nan}\n"
      "  c: float32[N, 4, 8, 8] = Conv[strides=[1, 1]](x, w, _, n)  # conv1\n"
      "  a, _, b = Split[axis=1, num_outputs=3](c)  # \"a name\"\n"
      "  y = tf.Relu(a)  # scope/relu:0\n"
      "}\n",

      // Names that are not plain words, or mean something else.
      "graph \"my graph\"(\"x:0\": float32[\"batch size\", ?0, 2*N + 1], \"_\", \"inf\", "
      "\"a\\\"\\\\\\n\\xff\") -> () {\n"
      "  \"conv1/Relu:0\" = \"com.acme/x.Op\"(\"x:0\", \"_\", \"inf\", _)\n"
      "  zeros = \"zeros\"(\"a\\\"\\\\\\n\\xff\")\n"
      "  float32 = \"float32\"[\"an attribute\"=1](zeros)\n"
      "  NoOutput(float32)\n"
      "  _ = LeftOut()\n"
      "  acme.b = \"acme.{v1.Op}\"()\n"
      "}\n",

      // Output slots have names and types of their own; one value may fill several.
      "graph main(x) -> (x, y: float32[N] = x, \"z 1\" = r, \"\" = r) {\n"
      "  r = Relu(x)\n"
      "}\n",

      // Every kind of attribute.
      "graph main() -> () {\n"
      "  y = Op[a=-1, b=1.0, c=1e-05, d=\"s \\\"q\\\"\", e=int64[2]{1, 2}, f=[], g=floats[], h=strings[], "
      "i=tensors[], "
      "j=graphs[], k=types[], l=[1.0, -inf, nan], m=[\"a\", \"b\"], n=[int8[]{1}, string[1]{\"x\"}], "
      "o=[float32[N], seq(?)], p=float16[...], q=?, r=-0.0, s=-9223372036854775808, t=1e+20]()\n"
      "}\n",

      // Every kind of type.
      "graph main(a: ?[N, ?], b: seq(optional(float32[...])), c: sparse(int8[2]), d: map(int64, seq(?)), e: "
      "string[], "
      "f: map(?, ?), g: float8e4m3fn[floor((N + 1)/2), min(N, 3)]) -> () {\n"
      "}\n",

      // Subgraphs that use outer values, from two levels, also as their outputs.
      "graph main(x: float32[N], c: bool[]) -> (y) {\n"
      "  k: float32[] = {2}\n"
      "  y = If[else_branch=graph other() -> (o = x) {\n"
      "  }, then_branch=graph then() -> (r) {\n"
      "    q = Mul(x, k)\n"
      "    r = If[else_branch=graph g() -> (q) {\n"
      "    }, then_branch=graph h() -> (s) {\n"
      "      w: float32[1] = {3}\n"
      "      s = Add(q, w)  # inner\n"
      "    }](c)\n"
      "  }](c)  # outer\n"
      "  z = Op[bodies=[graph one(i) -> (i) {\n"
      "  }, graph two() -> () {\n"
      "  }]](y)\n"
      "}\n",
  };
  for (const char* text : texts) EXPECT_EQ(reprinted(text), text);
}

TEST(Text, EveryDType) {
  const struct {
    DType dtype;
    const char* elements;
  } cases[] = {
      {DType::float32, "0.1, -0, nan, -nan, inf, -inf, 1e-45, 0x7fc00001"},
      {DType::uint8, "0, 255"},
      {DType::int8, "-128, 127"},
      {DType::uint16, "0, 65535"},
      {DType::int16, "-32768, 32767"},
      {DType::int32, "-2147483648, 2147483647"},
      {DType::int64, "-9223372036854775808, 9223372036854775807"},
      {DType::string, "\"\", \"a, b\", \"}\\\"\""},
      {DType::boolean, "true, false, 7"},
      {DType::float16, "0.5, -0, nan, inf, 65504, 5.9604645e-08, 0x7e01"},
      {DType::float64, "0.1, -0, nan, -inf, 1e+300, 5e-324, 0x7ff8000000000001"},
      {DType::uint32, "4294967295"},
      {DType::uint64, "18446744073709551615"},
      {DType::complex64, "(1, -2.5), (nan, -0), (0x7fc00001, 0)"},
      {DType::complex128, "(0.1, inf)"},
      {DType::bfloat16, "0.5, -0, nan, inf, 3.3895314e+38, 0x7fc1"},
      {DType::float8e4m3fn, "1, -0, nan, 448, -nan"},
      {DType::float8e4m3fnuz, "1, 0, 240"},
      {DType::float8e5m2, "1, -0, nan, inf, 57344, 0x7d"},
      {DType::float8e5m2fnuz, "1, 0, 57344"},
      {DType::uint4, "0, 15, 7"},
      {DType::int4, "-8, 7, -1"},
      {DType::float4e2m1, "0, -0, 0.5, -6"},
      {DType::float8e8m0, "1, 2, 1.7014118e+38"},
      {DType::uint2, "0, 3, 2, 1, 3"},
      {DType::int2, "-2, 1, 0"},
      {DType::float6e2m3, "0.125, -7.5, 1"},
      {DType::float6e3m2, "0.0625, -28, 1, 2, 3"},
  };
  EXPECT_EQ(std::size(cases), static_cast<size_t>(kDTypeCount - 1)) << "a dtype has no case";
  for (const auto& [dtype, elements] : cases) {
    const std::unique_ptr<Graph> scalar = parse_graph("x = Op[e=" + std::string(name_of(dtype)) + "[0]{}]()");
    EXPECT_EQ(scalar->nodes().front()->attrs.get<Tensor>("e")->size(), 0);
    const bool is_complex_number = is_complex(dtype);
    int64_t count = 1;
    for (const char* c = elements; *c; ++c) count += *c == ',' ? 1 : 0;
    if (dtype == DType::string) count = 3;
    const std::string type = fmt::format("{}[{}]", name_of(dtype), is_complex_number ? count / 2 : count);
    const std::string text = "graph main() -> () {\n  w: " + type + " = {" + elements + "}\n}\n";
    EXPECT_EQ(reprinted(text), text);
  }
}

TEST(Text, NotANumberWithUnusualBitsKeepsThem) {
  Graph graph;
  graph.add_constant(Tensor::scalar(std::bit_cast<float>(0xFFC12345U)), "w");
  const std::unique_ptr<Graph> copy = parse_graph(to_text(graph));
  EXPECT_TRUE(copy->find_value("w")->constant().identical_to(graph.find_value("w")->constant()));
}

TEST(Text, ShortForm) {
  const struct {
    const char *text, *full;
  } cases[] = {
      {"y = Mul(x, 1.0)",
       "graph main(x: float32[...]) -> (y) {\n  t1: float32[] = {1}\n  y = Mul(x, t1)\n}\n"},
      {"y = x", "graph main(x: float32[...]) -> (y = x) {\n}\n"},
      {"x: float32[2, N]; y = Relu(Conv(x, w, _)) # r",
       "graph main(x: float32[2, N], w: float32[...]) -> (y) {\n  t1 = Conv(x, w, _)\n  y = Relu(t1)  # "
       "r\n}\n"},
      {"t1 = Relu(c = Conv(x, 2)); z = Add(c, t1)",
       "graph main(x: float32[...]) -> (z) {\n  t2: int64[] = {2}\n  c = Conv(x, t2)\n  t1 = Relu(c)\n"
       "  z = Add(c, t1)\n}\n"},
      {"# a comment\na, b: int64[2] = Split(x)\n\n# y\nc = Op(b)  # two words\n",
       "graph main(x: float32[...]) -> (a, c) {\n  a, b: int64[2] = Split(x)\n  c = Op(b)\n}\n"},
      {"y = Op(x,\n  zeros[2], # comment\n  ones[1, 1])",
       "graph main(x: float32[...]) -> (y) {\n  t1: float32[2] = {0, 0}\n  t2: float32[1, 1] = {1}\n"
       "  y = Op(x, t1, t2)\n}\n"},
      {"w = float16[2]{1, 2}; s: string[1] = {\"a\"}; n = -3",
       "graph main() -> (w, s: string[1], n) {\n  w: float16[2] = {1, 2}\n  s: string[1] = {\"a\"}\n"
       "  n: int64[] = {-3}\n}\n"},
      {"y = If[then_branch=graph g() -> (r) { r = Neg(x) }, else_branch=graph h() -> (r) { r = Abs(z) }](c)",
       "graph main(c: float32[...], x: float32[...], z: float32[...]) -> (y) {\n"
       "  y = If[else_branch=graph h() -> (r = r_1) {\n    r_1 = Abs(z)\n  }, then_branch=graph g() -> (r) "
       "{\n"
       "    r = Neg(x)\n  }](c)\n}\n"},
  };
  for (const auto& [text, full] : cases) EXPECT_EQ(reprinted(text), full) << text;
}

TEST(Text, RandomIsTheSameEachTimeAndDiffersWithinAText) {
  const std::unique_ptr<Graph> first = parse_graph("y = Add(random[50], random[50])"),
                               second = first->clone();
  const std::unique_ptr<Graph> again = parse_graph("y = Add(random[50], random[50])");
  const Tensor &a = first->find_value("t1")->constant(), &b = first->find_value("t2")->constant();
  EXPECT_TRUE(a.identical_to(again->find_value("t1")->constant()));
  EXPECT_FALSE(a.identical_to(b));
  for (const double value : a.to_double()) EXPECT_LT(std::abs(value), 1.0);
}

TEST(Text, OptionsAndOneNode) {
  const std::unique_ptr<Graph> graph = parse_graph(
      "graph main(x: float32[N], c: bool[]) -> (y: float32[N]) {\n  w: int8[3] = {1, 2, 3}\n"
      "  y: float32[N] = If[then_branch=graph g() -> (r) {\n    r = Add(x, w)\n  }](c)  # if\n}");
  PrintOptions options;
  options.constant_elements = 2;
  options.types = false;
  options.node_names = false;
  EXPECT_EQ(to_text(*graph, options),
            "graph main(x: float32[N], c: bool[]) -> (y: float32[N]) {\n  w: int8[3] = {...3 values}\n"
            "  y = If[then_branch=graph g() -> (r) {\n    r = Add(x, w)\n  }](c)\n}\n");
  EXPECT_EQ(to_text(*graph->nodes().front()),
            "y: float32[N] = If[then_branch=graph g() -> (r) {...1 nodes}](c)  # if");
}

TEST(Text, MistakesAreNamedWithTheirPlace) {
  const struct {
    const char *text, *message, *where;
  } cases[] = {
      {"y = Relu(x", "expected ',' or ')', found the end of the text", "line 1, column 11"},
      {"a = Relu(x)\ny = Relu(a b)", "expected ',' or ')', found \"b\"", "line 2, column 12"},
      {"y = Relu(x) z", "expected the end of the line or ';' behind the statement, found \"z\"",
       "line 1, column 13"},
      {"y", "expected '=' behind the results, or a type, found the end of the text", "line 1, column 2"},
      {"y = Relu(z); z = Neg(x)", "'z' is used before it is defined", "line 1, column 10"},
      {"y = Relu(x); y = Neg(x)", "there is a value 'y' already", "line 1, column 14"},
      {"graph g(xs) -> (y) {\n  y = Relu(x)\n}", "there is no value 'x'", "line 2, column 12"},
      {"y = Relu(*rest)", "'*' has a meaning in patterns only", "line 1, column 10"},
      {"y = Conv(x, b?)", "'?' has a meaning in patterns only", "line 1, column 13"},
      {"y = Conv|Gemm(x)", "'|' has a meaning in patterns only", "line 1, column 5"},
      {"y = _", "what is behind '=' gives no value for the names in front of it", "line 1, column 5"},
      {"a, b = 1.0", "what is behind '=' gives no value for the names in front of it", "line 1, column 8"},
      {"w: int8[2] = {1}", "int8[2] has 2 elements, and 1 are given", "line 1, column 14"},
      {"w: int8[1] = {300}", "300 is outside the range of int8", "line 1, column 15"},
      {"w: float16[1] = {70000}", "70000 is outside the range of float16", "line 1, column 18"},
      {"w: float8e4m3fn[1] = {inf}", "inf is outside the range of float8e4m3fn", "line 1, column 23"},
      {"w: int4[1] = {8}", "8 is outside the range of int4", "line 1, column 15"},
      {"w: int8[1] = {1.5}", "'1.5' is not a number of type int8", "line 1, column 15"},
      {"w: int8[N] = {1}", "a tensor needs numbers as its dimensions, not [N]", "line 1, column 14"},
      {"w: int8[3] = {...3 values}", "a constant that was shortened for printing cannot be read back",
       "line 1, column 15"},
      {"w: float32[4294967296, 4294967296] = {}",
       "shape [4294967296, 4294967296] has more elements than a 63-bit number can count",
       "line 1, column 38"},
      {"x = zeros[100000000]", "zeros[100000000] has too many elements for a text: 100000000",
       "line 1, column 21"},
      {"x: float32[N//2] = Op()", "'N//2' is not a dimension", "line 1, column 12"},
      {"x = Op[a=[1, \"b\"]]()", "the elements of this list are not all ints", "line 1, column 10"},
      {"x = Op[a=1, a=2]()", "attribute 'a' is given twice", "line 1, column 13"},
      {"x = Op(\"abc)", "this string has no closing quote", "line 1, column 8"},
      {"x = Op(\"a\\qc\")", "an escape is one of \\\" \\\\ \\n \\t \\r \\xNN", "line 1, column 12"},
      {"x = Op(99999999999999999999)", "99999999999999999999 is outside the range of int64",
       "line 1, column 8"},
      {"x = Op(\"\")", "the name of a value cannot be empty", "line 1, column 8"},
      {"y: int8[] = zeros[2]", "'y' has the type float32[2]", "line 1, column 1"},
  };
  for (const auto& [text, message, where] : cases) {
    try {
      parse_graph(text);
      ADD_FAILURE() << text << ": no error";
    } catch (const BadArgument& error) {
      EXPECT_EQ(error.message(), message) << text;
      EXPECT_EQ(error.where(), where) << text;
    }
  }
}

TEST(Text, NearNamesAreProposed) {
  try {
    parse_graph("graph g(input_ids) -> () {\n  y = Relu(input_id)\n}");
    FAIL() << "no error";
  } catch (const BadArgument& error) {
    EXPECT_EQ(error.hint(), "did you mean input_ids?");
  }
}

TEST(Text, DeepNestingIsRefused) {
  std::string calls, types = "x: ", lists = "x = Op[a=";
  for (int i = 0; i < 100000; ++i) {
    calls += "Op(";
    types += "seq(";
    lists += "[";
  }
  for (const std::string& text : {"y = " + calls, types, lists}) EXPECT_THROW(parse_graph(text), BadArgument);
}

}  // namespace
}  // namespace modelconv
