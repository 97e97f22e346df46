#include "ops/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace modelconv {
namespace {

using testing::ElementsAre;
using Kind = AttributeSchema::Kind;
using Option = ParameterSchema::Option;

TEST(FindSchema, TakesTheNewestVersionThatIsNotAboveTheOpset) {
  EXPECT_EQ(find_schema("Softmax", 1)->since_version, 1);
  EXPECT_EQ(find_schema("Softmax", 10)->since_version, 1);
  EXPECT_EQ(find_schema("Softmax", 11)->since_version, 11);
  EXPECT_EQ(find_schema("Softmax", 99)->since_version, 13);
  EXPECT_EQ(find_schema("Softmax")->since_version, 13);
}

TEST(FindSchema, IsNullForWhatDoesNotExist) {
  EXPECT_EQ(find_schema("NoSuchOperator"), nullptr);
  EXPECT_EQ(find_schema("tf.Conv2D"), nullptr);
  EXPECT_EQ(find_schema("GridSample", 15), nullptr);  // came with 16
}

TEST(FindSchema, KnowsOtherDomains) { EXPECT_EQ(find_schema("ai.onnx.ml.Scaler")->domain, "ai.onnx.ml"); }

TEST(FindSchema, ReturnsDeprecatedOperators) { EXPECT_TRUE(find_schema("Upsample")->deprecated); }

TEST(Schema, HoldsParametersWithTheirTypes) {
  const OpSchema& conv = *find_schema("Conv");
  EXPECT_EQ(conv.min_inputs, 2);
  EXPECT_EQ(conv.max_inputs, 3);
  ASSERT_EQ(conv.inputs.size(), 3u);
  EXPECT_EQ(conv.inputs[2].name, "B");
  EXPECT_EQ(conv.inputs[2].type_name, "T");
  EXPECT_EQ(conv.inputs[2].option, Option::optional);
  EXPECT_TRUE(conv.inputs[0].types.allows(DType::float16));
  EXPECT_FALSE(conv.inputs[0].types.allows(DType::int32));
  EXPECT_EQ(conv.input(3), nullptr);
}

TEST(Schema, AVariadicParameterTakesEveryFurtherValue) {
  const OpSchema& concat = *find_schema("Concat");
  EXPECT_EQ(concat.max_inputs, INT32_MAX);
  EXPECT_EQ(concat.input(17), &concat.inputs[0]);
  EXPECT_TRUE(concat.inputs[0].homogeneous);
  EXPECT_FALSE(find_schema("Loop")->inputs.back().homogeneous);
}

TEST(Schema, HoldsSequencesAndOptionals) {
  EXPECT_EQ(find_schema("SequenceAt")->inputs[0].types.tensor, 0u);
  EXPECT_NE(find_schema("SequenceAt")->inputs[0].types.sequence, 0u);
  EXPECT_NE(find_schema("OptionalGetElement")->inputs[0].types.optional_sequence, 0u);
}

TEST(Schema, HoldsAttributesWithTheirDefaults) {
  const OpSchema& conv = *find_schema("Conv");
  EXPECT_EQ(conv.attribute("group")->default_int, 1);
  EXPECT_EQ(conv.attribute("auto_pad")->default_string, "NOTSET");
  EXPECT_EQ(conv.attribute("pads")->kind, Kind::integers);
  EXPECT_FALSE(conv.attribute("pads")->has_default);
  EXPECT_EQ(conv.attribute("no_such_attribute"), nullptr);
  EXPECT_TRUE(find_schema("Concat")->attribute("axis")->required);
  EXPECT_FLOAT_EQ(find_schema("LeakyRelu")->attribute("alpha")->default_float, 0.01f);
  EXPECT_EQ(find_schema("Loop")->attribute("body")->kind, Kind::graph);
}

TEST(Schema, TellsRandomOperatorsApart) {
  EXPECT_FALSE(find_schema("RandomNormal")->deterministic);
  EXPECT_TRUE(find_schema("Add")->deterministic);
}

TEST(AllSchemas, AreSorted) {
  const auto key = [](const OpSchema& schema) {
    return std::tuple(schema.domain, schema.name, schema.since_version);
  };
  EXPECT_TRUE(std::ranges::is_sorted(all_schemas(), {}, key));
}

TEST(NewestOpset, IsKnownPerDomain) {
  EXPECT_GE(newest_opset(""), kCanonicalOpset);
  EXPECT_GE(newest_opset("ai.onnx.ml"), 5);
  EXPECT_EQ(newest_opset("com.acme"), 0);
}

}  // namespace
}  // namespace modelconv
