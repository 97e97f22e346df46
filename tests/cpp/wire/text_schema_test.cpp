#include "wire/text_schema.h"

#include <gtest/gtest.h>

#include "wire/protobuf.h"

namespace modelconv::text_proto {
namespace {

using protobuf::Writer;

const Schema& schema() {
  static const Schema parsed = Schema::parse(R"(
    syntax = "proto3";  // comments of .proto files
    package test;
    message Graph {
      repeated Node node = 1;
      /* several
         lines */
      optional int32 version = 4 [default = 7];
      reserved 2, 3;
    }
    message Node {
      string name = 1;
      map<string, Attr> attr = 5;
      optional Pool.Method method = 6;
    }
    message Attr {
      message List { repeated int64 i = 3 [packed = true]; repeated float f = 4; }
      oneof value { bytes s = 2; int64 i = 3; float f = 4; bool b = 5; Kind kind = 6; List list = 1; sint32 z = 8; }
    }
    message Pool { enum Method { MAX = 0; AVE = 1; } Method method = 1; }
    enum Kind { NONE = 0; FLOAT = 1; NEGATIVE = -1; }
  )");
  return parsed;
}

std::string error_of(const std::string& text) {
  try {
    to_binary(parse(text), schema(), "Graph");
  } catch (const MalformedModelError& error) {
    return error.what();
  }
  return "no error";
}

Writer attribute(const char* key, const Writer& value) {
  Writer entry;
  entry.add_string(1, key);
  entry.add_message(2, value);
  return entry;
}

TEST(TextSchema, GivesTheBinaryForm) {
  const std::string binary = to_binary(parse(R"(
    version: 3
    node {
      method: AVE
      attr { key: "T" value { kind: FLOAT } }
      attr { key: "n" value { kind: NEGATIVE } }
      attr { key: "l" value { list { i: [1, -2] f: 0.5 } } }
      attr { key: "z" value { z: -3 } }
      name: "pool"
      [some.extension] { x: 1 }
    }
  )"),
                                       schema(), "Graph");

  Writer kind, negative, list, numbers, z, node, graph;
  kind.add_int(6, 1);
  negative.add_int(6, -1);
  numbers.add_int(3, 1);
  numbers.add_int(3, -2);
  numbers.add_float(4, 0.5F);
  list.add_message(1, numbers);
  z.add_sint(8, -3);
  node.add_string(1, "pool");
  node.add_message(5, attribute("T", kind));
  node.add_message(5, attribute("n", negative));
  node.add_message(5, attribute("l", list));
  node.add_message(5, attribute("z", z));
  node.add_int(6, 1);
  graph.add_message(1, node);
  graph.add_int(4, 3);
  EXPECT_EQ(binary, graph.to_string());
}

TEST(TextSchema, NamesAllUnknownFields) {
  const std::string text = "version: 1\nnode { nme: 'x' }\nlibrary { }";
  EXPECT_EQ(error_of(text),
            "the text has 2 unknown fields\n"
            "  line 3: Graph has no field 'library'\n"
            "  line 2: Node has no field 'nme'; did you mean 'name'?");
  std::vector<std::string> unknown;
  to_binary(parse(text), schema(), "Graph", &unknown);
  EXPECT_EQ(unknown.size(), 2U);
}

TEST(TextSchema, NamesTheLineOfAWrongValue) {
  EXPECT_EQ(error_of("version: 1\nversion: 2"), "line 2: field 'version' was set before, in line 1");
  EXPECT_EQ(error_of("\nversion: 'x'"), "line 2: expected an integer, found 'x'");
  EXPECT_EQ(error_of("version: 3000000000"), "line 1: 3000000000 does not fit into 32 bits");
  EXPECT_EQ(error_of("node { method: AVG }"),
            "line 1: Pool.Method has no value 'AVG'\n  try:   did you mean AVE?");
  EXPECT_EQ(error_of("node: 5"), "line 1: expected a message in braces, found '5'");
}

TEST(TextSchema, RefusesASchemaThatRefersToNothing) {
  EXPECT_THROW(Schema::parse("message A { B b = 1; }"), MalformedModelError);
  EXPECT_THROW(Schema::parse("message A { int32 b = x; }"), MalformedModelError);
  EXPECT_THROW(Schema::parse("message A {"), MalformedModelError);
}

}  // namespace
}  // namespace modelconv::text_proto
