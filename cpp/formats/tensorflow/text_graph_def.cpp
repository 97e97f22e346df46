#include "formats/tensorflow/text_graph_def.h"

#include "wire/text_schema.h"

namespace modelconv::tensorflow {
namespace {

// Numbers: see schema.h for the sources. Only what the decoder reads.
constexpr const char* kSchema = R"(
  message GraphDef { repeated NodeDef node = 1; FunctionDefLibrary library = 2; int32 version = 3; VersionDef versions = 4; }
  message VersionDef { int32 producer = 1; int32 min_consumer = 2; repeated int32 bad_consumers = 3; }
  message NodeDef {
    string name = 1; string op = 2; repeated string input = 3; string device = 4; map<string, AttrValue> attr = 5;
    ExperimentalDebugInfo experimental_debug_info = 6;
    message ExperimentalDebugInfo { repeated string original_node_names = 1; repeated string original_func_names = 2; }
  }
  message AttrValue {
    ListValue list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; DataType type = 6; TensorShapeProto shape = 7;
    TensorProto tensor = 8; string placeholder = 9; NameAttrList func = 10;
    message ListValue {
      repeated bytes s = 2; repeated int64 i = 3; repeated float f = 4; repeated bool b = 5; repeated DataType type = 6;
      repeated TensorShapeProto shape = 7; repeated TensorProto tensor = 8; repeated NameAttrList func = 9;
    }
  }
  message NameAttrList { string name = 1; map<string, AttrValue> attr = 2; }
  message TensorShapeProto {
    repeated Dim dim = 2; bool unknown_rank = 3;
    message Dim { int64 size = 1; string name = 2; }
  }
  message TensorProto {
    DataType dtype = 1; TensorShapeProto tensor_shape = 2; int32 version_number = 3; bytes tensor_content = 4;
    repeated float float_val = 5; repeated double double_val = 6; repeated int32 int_val = 7; repeated bytes string_val = 8;
    repeated float scomplex_val = 9; repeated int64 int64_val = 10; repeated bool bool_val = 11;
    repeated double dcomplex_val = 12; repeated int32 half_val = 13; repeated uint32 uint32_val = 16;
    repeated uint64 uint64_val = 17; bytes float8_val = 18;
  }
  message FunctionDefLibrary { repeated FunctionDef function = 1; repeated GradientDef gradient = 2; }
  message GradientDef { string function_name = 1; string gradient_func = 2; }
  message FunctionDef {
    OpDef signature = 1; repeated NodeDef node_def = 3; map<string, string> ret = 4; map<string, AttrValue> attr = 5;
    map<string, string> control_ret = 6;
  }
  message OpDef {
    string name = 1; repeated ArgDef input_arg = 2; repeated ArgDef output_arg = 3; repeated AttrDef attr = 4;
    string summary = 5; string description = 6; bool is_stateful = 17; repeated string control_output = 20;
    message ArgDef {
      string name = 1; string description = 2; DataType type = 3; string type_attr = 4; string number_attr = 5;
      string type_list_attr = 6; bool is_ref = 16;
    }
    message AttrDef { string name = 1; string type = 2; }
  }
  enum DataType {
    DT_INVALID = 0; DT_FLOAT = 1; DT_DOUBLE = 2; DT_INT32 = 3; DT_UINT8 = 4; DT_INT16 = 5; DT_INT8 = 6; DT_STRING = 7;
    DT_COMPLEX64 = 8; DT_INT64 = 9; DT_BOOL = 10; DT_QINT8 = 11; DT_QUINT8 = 12; DT_QINT32 = 13; DT_BFLOAT16 = 14;
    DT_QINT16 = 15; DT_QUINT16 = 16; DT_UINT16 = 17; DT_COMPLEX128 = 18; DT_HALF = 19; DT_RESOURCE = 20; DT_VARIANT = 21;
    DT_UINT32 = 22; DT_UINT64 = 23; DT_FLOAT8_E5M2 = 24; DT_FLOAT8_E4M3FN = 25; DT_FLOAT8_E4M3FNUZ = 26;
    DT_FLOAT8_E4M3B11FNUZ = 27; DT_FLOAT8_E5M2FNUZ = 28; DT_INT4 = 29; DT_UINT4 = 30;
    DT_FLOAT_REF = 101; DT_DOUBLE_REF = 102; DT_INT32_REF = 103; DT_UINT8_REF = 104; DT_INT16_REF = 105; DT_INT8_REF = 106;
    DT_STRING_REF = 107; DT_INT64_REF = 109; DT_BOOL_REF = 110; DT_BFLOAT16_REF = 114; DT_HALF_REF = 119;
    DT_RESOURCE_REF = 120;
  }
)";

std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace

// The first word is "node", "library" or "versions", and a brace follows.
bool looks_like_text_graph_def(Bytes bytes) {
  std::string_view text = as_text(bytes).substr(0, 4096);
  const auto skip_space = [&] {
    while (!text.empty() &&
           (text[0] == '#' || text[0] == ' ' || text[0] == '\n' || text[0] == '\r' || text[0] == '\t'))
      text.remove_prefix(text[0] == '#' ? std::min(text.find('\n'), text.size()) : 1);
  };
  skip_space();
  for (const std::string_view word : {"node", "library", "versions"}) {
    if (!text.starts_with(word)) continue;
    text.remove_prefix(word.size());
    skip_space();
    return text.starts_with('{') || text.starts_with(": {") || text.starts_with(":{");
  }
  return false;
}

std::string text_graph_def_to_binary(Bytes bytes) {
  static const text_proto::Schema schema = text_proto::Schema::parse(kSchema);
  std::vector<std::string> unknown;  // newer versions have more fields; the decoder would skip them too
  return text_proto::to_binary(text_proto::parse(as_text(bytes)), schema, "GraphDef", &unknown);
}

}  // namespace modelconv::tensorflow
