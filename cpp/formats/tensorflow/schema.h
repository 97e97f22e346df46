// Field numbers of TensorFlow's protobuf messages as constants: looked up in messages.h while this is compiled.
#pragma once

#include <cstdint>
#include <string_view>

#include "formats/tensorflow/messages.h"

namespace modelconv::tensorflow::field {

// A name that messages.h does not have fails to compile. `message` is its own name, also when it is nested.
consteval uint32_t number_of(std::string_view message, std::string_view name) {
  constexpr std::string_view kText = kMessages, kWord = "message ", kIs = " = ";
  const auto stands_at = [&](size_t at, std::string_view word) { return kText.substr(at).starts_with(word); };
  size_t at = kText.find(kWord);
  while (!(stands_at(at + kWord.size(), message) && stands_at(at + kWord.size() + message.size(), " {")))
    at = kText.find(kWord, at + 1);
  uint32_t number = 0;
  int depth = 0;  // of braces: fields of nested messages do not count
  for (bool inside = true; inside && number == 0; ++at) {
    if (kText[at] == '{') ++depth;
    if (kText[at] == '}') inside = --depth > 0;
    if (depth != 1 || kText[at] != ' ' || !stands_at(at + 1, name) || !stands_at(at + 1 + name.size(), kIs))
      continue;
    for (size_t digit = at + 1 + name.size() + kIs.size(); kText[digit] != ';'; ++digit)
      number = number * 10 + static_cast<uint32_t>(kText[digit] - '0');
  }
  if (number == 0) throw "no such field";
  return number;
}

namespace graph_def {
inline constexpr uint32_t node = number_of("GraphDef", "node"), library = number_of("GraphDef", "library"),
                          versions = number_of("GraphDef", "versions");
}
namespace version_def {
inline constexpr uint32_t producer = number_of("VersionDef", "producer"),
                          min_consumer = number_of("VersionDef", "min_consumer");
}
namespace node_def {
inline constexpr uint32_t name = number_of("NodeDef", "name"), op = number_of("NodeDef", "op"),
                          input = number_of("NodeDef", "input"), device = number_of("NodeDef", "device"),
                          attr = number_of("NodeDef", "attr");
}
namespace map_entry {  // how protobuf writes a map<string, Message>
inline constexpr uint32_t key = 1, value = 2;
}
namespace attr_value {
inline constexpr uint32_t list = number_of("AttrValue", "list"), s = number_of("AttrValue", "s"),
                          i = number_of("AttrValue", "i"), f = number_of("AttrValue", "f"),
                          b = number_of("AttrValue", "b"), type = number_of("AttrValue", "type"),
                          shape = number_of("AttrValue", "shape"), tensor = number_of("AttrValue", "tensor"),
                          placeholder = number_of("AttrValue", "placeholder"),
                          func = number_of("AttrValue", "func");
}
namespace list_value {
inline constexpr uint32_t s = number_of("ListValue", "s"), i = number_of("ListValue", "i"),
                          f = number_of("ListValue", "f"), b = number_of("ListValue", "b"),
                          type = number_of("ListValue", "type"), shape = number_of("ListValue", "shape"),
                          tensor = number_of("ListValue", "tensor"), func = number_of("ListValue", "func");
}
namespace name_attr_list {
inline constexpr uint32_t name = number_of("NameAttrList", "name"), attr = number_of("NameAttrList", "attr");
}
namespace shape {
inline constexpr uint32_t dim = number_of("TensorShapeProto", "dim"),
                          unknown_rank = number_of("TensorShapeProto", "unknown_rank"),
                          dim_size = number_of("Dim", "size");
}
namespace tensor {
inline constexpr uint32_t dtype = number_of("TensorProto", "dtype"),
                          tensor_shape = number_of("TensorProto", "tensor_shape"),
                          tensor_content = number_of("TensorProto", "tensor_content"),
                          float_val = number_of("TensorProto", "float_val"),
                          double_val = number_of("TensorProto", "double_val"),
                          int_val = number_of("TensorProto", "int_val"),
                          string_val = number_of("TensorProto", "string_val"),
                          scomplex_val = number_of("TensorProto", "scomplex_val"),
                          int64_val = number_of("TensorProto", "int64_val"),
                          bool_val = number_of("TensorProto", "bool_val"),
                          dcomplex_val = number_of("TensorProto", "dcomplex_val"),
                          half_val = number_of("TensorProto", "half_val"),
                          uint32_val = number_of("TensorProto", "uint32_val"),
                          uint64_val = number_of("TensorProto", "uint64_val"),
                          float8_val = number_of("TensorProto", "float8_val");
}
namespace function_library {
inline constexpr uint32_t function = number_of("FunctionDefLibrary", "function");
}
namespace function_def {
inline constexpr uint32_t signature = number_of("FunctionDef", "signature"),
                          node_def = number_of("FunctionDef", "node_def"),
                          ret = number_of("FunctionDef", "ret"), attr = number_of("FunctionDef", "attr");
}
namespace op_def {
inline constexpr uint32_t name = number_of("OpDef", "name"), input_arg = number_of("OpDef", "input_arg"),
                          output_arg = number_of("OpDef", "output_arg");
}
namespace arg_def {
inline constexpr uint32_t name = number_of("ArgDef", "name"), type = number_of("ArgDef", "type"),
                          type_attr = number_of("ArgDef", "type_attr"),
                          number_attr = number_of("ArgDef", "number_attr"),
                          type_list_attr = number_of("ArgDef", "type_list_attr");
}
namespace saved_model {
inline constexpr uint32_t meta_graphs = number_of("SavedModel", "meta_graphs");
}
namespace meta_graph {
inline constexpr uint32_t meta_info_def = number_of("MetaGraphDef", "meta_info_def"),
                          graph_def = number_of("MetaGraphDef", "graph_def"),
                          saver_def = number_of("MetaGraphDef", "saver_def"),
                          signature_def = number_of("MetaGraphDef", "signature_def"),
                          asset_file_def = number_of("MetaGraphDef", "asset_file_def");
}
namespace meta_info {
inline constexpr uint32_t tags = number_of("MetaInfoDef", "tags"),
                          tensorflow_version = number_of("MetaInfoDef", "tensorflow_version");
}
namespace saver_def {
inline constexpr uint32_t restore_op_name = number_of("SaverDef", "restore_op_name");
}
namespace signature_def {
inline constexpr uint32_t inputs = number_of("SignatureDef", "inputs"),
                          outputs = number_of("SignatureDef", "outputs"),
                          method_name = number_of("SignatureDef", "method_name");
}
namespace tensor_info {
inline constexpr uint32_t name = number_of("TensorInfo", "name"), dtype = number_of("TensorInfo", "dtype"),
                          tensor_shape = number_of("TensorInfo", "tensor_shape"),
                          coo_sparse = number_of("TensorInfo", "coo_sparse"),
                          composite_tensor = number_of("TensorInfo", "composite_tensor");
}
namespace asset_file_def {
inline constexpr uint32_t tensor_info = number_of("AssetFileDef", "tensor_info"),
                          filename = number_of("AssetFileDef", "filename");
}
namespace saved_slices {
inline constexpr uint32_t meta = number_of("SavedTensorSlices", "meta"),
                          data = number_of("SavedTensorSlices", "data"),
                          meta_tensor = number_of("SavedTensorSliceMeta", "tensor"),
                          name = number_of("SavedSliceMeta", "name"),
                          shape = number_of("SavedSliceMeta", "shape"),
                          type = number_of("SavedSliceMeta", "type"),
                          slice = number_of("SavedSlice", "slice"),
                          slice_data = number_of("SavedSlice", "data"),
                          extent = number_of("TensorSliceProto", "extent"),
                          start = number_of("Extent", "start"), length = number_of("Extent", "length");
}
namespace object_graph {
inline constexpr uint32_t nodes = number_of("TrackableObjectGraph", "nodes"),
                          node_attributes = number_of("TrackableObject", "attributes"),
                          attribute_full_name = number_of("SerializedTensor", "full_name"),
                          attribute_checkpoint_key = number_of("SerializedTensor", "checkpoint_key");
}

}  // namespace modelconv::tensorflow::field
