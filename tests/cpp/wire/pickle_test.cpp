#include "wire/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace modelconv {
namespace {

using Kind = PickleValue::Kind;
using testing::HasSubstr;

Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

bool is_known(std::string_view global) {
  return global == "collections.OrderedDict" || global.starts_with("acme.") ||
         global.starts_with("copyreg.") || global.starts_with("__builtin__.") ||
         global.starts_with("builtins.") || global == "_codecs.encode";
}

// As Python would print it; an object as its class, arguments and what was done to it.
std::string print(const PickleValue& value);
std::string join(const std::vector<PickleValue>& items) {
  std::string text;
  for (const PickleValue& item : items) text += (text.empty() ? "" : ", ") + print(item);
  return text;
}
std::string print_pairs(const PickleValue& value) {
  std::string text;
  for (const auto& [key, held] : value.pairs())
    text += (text.empty() ? "" : ", ") + print(key) + ": " + print(held);
  return text;
}
std::string print(const PickleValue& value) {
  switch (value.kind()) {
    case Kind::none: return "None";
    case Kind::boolean: return value.as_bool("") ? "True" : "False";
    case Kind::integer: return std::to_string(value.as_integer(""));
    case Kind::large_integer: return "large";
    case Kind::real: return fmt::format("{}", value.as_real(""));
    case Kind::text: return "'" + std::string(value.as_text("")) + "'";
    case Kind::bytes: return "b'" + std::string(value.as_text("")) + "'";
    case Kind::list: return "[" + join(value.items()) + "]";
    case Kind::tuple: return "(" + join(value.items()) + ")";
    case Kind::dict: return "{" + print_pairs(value) + "}";
    case Kind::set: return "{" + join(value.items()) + "}";
    case Kind::global: return std::string(value.global());
    case Kind::persistent_id: return "id " + join(value.items());
    case Kind::call: break;
  }
  std::string text = std::string(value.callee()) + "(" + join(value.arguments()) + ")";
  if (!value.items().empty()) text += "+[" + join(value.items()) + "]";
  if (!value.pairs().empty()) text += "+{" + print_pairs(value) + "}";
  if (!value.state().is_none()) text += "+state " + print(value.state());
  return text;
}

std::string read(const std::string& pickle) {
  ByteCursor cursor(bytes_of(pickle), "pickle");
  try {
    return print(Pickle(cursor, is_known).root());
  } catch (const MalformedModelError& error) {
    return "error: " + error.message();
  }
}

struct Case {
  const char* name;
  std::string pickle, wanted;
};

// Literals with embedded zeros keep their length.
#define PICKLE(text) std::string(text, sizeof(text) - 1)

class PickleTable : public testing::TestWithParam<Case> {};

TEST_P(PickleTable, Reads) { EXPECT_EQ(read(GetParam().pickle), GetParam().wanted); }

INSTANTIATE_TEST_SUITE_P(
    Objects, PickleTable,
    testing::Values(
        Case{"none", PICKLE("N."), "None"}, Case{"old_bool", PICKLE("I01\n."), "True"},
        Case{"old_int", PICKLE("I-7\n."), "-7"}, Case{"old_long", PICKLE("L99999999999L\n."), "99999999999"},
        Case{"int32", PICKLE("J\xFE\xFF\xFF\xFF."), "-2"}, Case{"uint16", PICKLE("M\x01\x02."), "513"},
        Case{"long_negative", PICKLE("\x8a\x02\x00\xFF."), "-256"},
        Case{"long_zero", PICKLE("\x8a\x00."), "0"},
        Case{"long_64", PICKLE("\x8a\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF."), "-1"},
        Case{"long_large", PICKLE("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01."), "large"},
        Case{"old_large", PICKLE("L-1208925819614629174706176L\n."), "large"},
        Case{"old_float", PICKLE("F1.5\n."), "1.5"},
        Case{"float", PICKLE("G\x3F\xF8\x00\x00\x00\x00\x00\x00."), "1.5"},
        Case{"old_str", PICKLE("S'it\\'s\\x41\\n\\101'\n."), "b'it's\x41\n\x41'"},
        Case{"old_unicode", PICKLE("V\\u20ac\xe9\n."), "'\u20ac\u00e9'"},
        Case{"short_text", PICKLE("\x8c\x02hi."), "'hi'"},
        Case{"tuples", PICKLE("K\x01K\x02\x86K\x03\x86."), "((1, 2), 3)"},
        Case{"marked_tuple", PICKLE("(K\x01K\x02t."), "(1, 2)"},
        Case{"list", PICKLE("](K\x01K\x02\x65K\x03\x61."), "[1, 2, 3]"},
        Case{"old_list", PICKLE("(K\x01l."), "[1]"},
        Case{"dict", PICKLE("}(K\x01NK\x02NuK\x03Ns."), "{1: None, 2: None, 3: None}"},
        Case{"set", PICKLE("\x80\x04\x8f(K\x01K\x02\x90."), "{1, 2}"},
        Case{"memo",
             PICKLE("]q\x05K\x01"
                    "ah\x05\x86."),
             "([1], [1])"},
        Case{"memo_twice", PICKLE("]\x94h\x00h\x00\x86."), "([], [])"},
        Case{"pops", PICKLE("K\x01K\x02\x30(K\x03\x31\x32\x86."), "(1, 1)"},
        Case{"reduce", PICKLE("ccollections\nOrderedDict\n)R(K\x01K\x02u."),
             "collections.OrderedDict()+{1: 2}"},
        Case{"stack_global",
             PICKLE("\x8c\x04"
                    "acme\x8c\x01X\x93)\x81}K\x01NsB"
                    "."),
             "error: pickle is cut short: 4 bytes are needed at byte 18, 1 are left"},
        Case{"new_object",
             PICKLE("\x8c\x04"
                    "acme\x8c\x01X\x93)\x81}K\x01Nsb."),
             "acme.X()+state {1: None}"},
        Case{"new_object_by_copyreg", PICKLE("ccopyreg\n__newobj__\n(cacme\nX\nK\x05tR."), "acme.X(5)"},
        Case{"reconstructor",
             PICKLE("ccopyreg\n_reconstructor\n(cacme\nX\nc__builtin__\nobject\nNtRN"
                    "b."),
             "acme.X()"},
        Case{"instance", PICKLE("(K\x01iacme\nX\n."), "acme.X(1)"},
        Case{"object", PICKLE("(cacme\nX\nK\x01o."), "acme.X(1)"},
        Case{"persistent", PICKLE("(\x8c\x07storageK\x01tQ."), "id ('storage', 1)"},
        Case{"frame", PICKLE("\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00N."), "None"}),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Refused, PickleTable,
    testing::Values(
        Case{"runs_code", PICKLE("cos\nsystem\n(S'echo'\ntR."),
             "error: the pickle wants to use 'os.system', which is not allowed"},
        Case{"runs_code_by_name_on_the_stack", PICKLE("\x8c\x05posix\x8c\x06system\x93."),
             "error: the pickle wants to use 'posix.system', which is not allowed"},
        Case{"extension", PICKLE("\x82\x01."), "error: pickle: opcode 0x82 at byte 0 is not understood"},
        Case{"empty", "", "error: pickle is cut short: 1 bytes are needed at byte 0, 0 are left"},
        Case{"no_result", ".", "error: pickle: an opcode before byte 1 needs 1 objects on the stack"},
        Case{"below_a_mark", PICKLE("N(a."),
             "error: pickle: an opcode before byte 3 needs 1 objects on the stack"},
        Case{"no_mark", PICKLE("Nt."), "error: pickle: no mark is set before byte 2"},
        Case{"odd_dict", PICKLE("}(Nu."), "error: pickle: a dict before byte 4 has a key without a value"},
        Case{"append_to_none", PICKLE("NNa."), "error: pickle: something is appended to None"},
        Case{"huge_text", PICKLE("X\xFF\xFF\xFF\xFF."),
             "error: pickle is cut short: 4294967295 bytes are needed at byte 5, 1 are left"},
        Case{"forgotten", PICKLE("h\x01."), "error: pickle: object 1 is used before it is kept"},
        Case{"protocol", PICKLE("\x80\x09."), "error: pickle: protocol 9 is not known (0 to 5 are)"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Pickle, ReadsWhatPythonWritesInEveryProtocol) {
  for (int protocol = 0; protocol <= 5; ++protocol) {
    std::ifstream file(std::filesystem::path(MODELCONV_TEST_DATA) / "../fuzz/corpus/pickle" /
                           fmt::format("protocol{}", protocol),
                       std::ios::binary);
    const std::string pickle(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(pickle.empty());
    const std::string printed = read(pickle);
    EXPECT_THAT(printed, HasSubstr("'name': 'caf\u00e9'")) << protocol;
    EXPECT_THAT(printed, HasSubstr("'t': (True, False, None)")) << protocol;
    EXPECT_THAT(printed, HasSubstr("'f': 1.5")) << protocol;
    EXPECT_THAT(printed, HasSubstr("1099511627776, -1099511627776")) << protocol;
    EXPECT_THAT(printed, HasSubstr("collections.OrderedDict(")) << protocol;
  }
}

TEST(Pickle, ALoopOfObjectsIsNoTrouble) {
  const std::string loop = PICKLE(
      "]q\x01h\x01"
      "a.");
  ByteCursor cursor(bytes_of(loop), "pickle");
  const Pickle pickle(cursor, is_known);
  EXPECT_EQ(pickle.root().items()[0].index(), pickle.root().index());
}

}  // namespace
}  // namespace modelconv
