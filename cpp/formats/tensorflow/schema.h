// Field numbers of TensorFlow's protobuf messages, once for reading and writing.
// Source: tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape,function,op_def,versions,types}.proto
// and tensorflow/core/protobuf/{saved_model,meta_graph,saver,trackable_object_graph}.proto of TensorFlow 2.21.
#pragma once

#include <cstdint>

namespace modelconv::tensorflow::field {

namespace graph_def {
inline constexpr uint32_t node = 1, library = 2, versions = 4;
}
namespace version_def {
inline constexpr uint32_t producer = 1, min_consumer = 2;
}
namespace node_def {
inline constexpr uint32_t name = 1, op = 2, input = 3, device = 4, attr = 5;
}
namespace map_entry {  // how protobuf writes a map<string, Message>
inline constexpr uint32_t key = 1, value = 2;
}
namespace attr_value {  // list_value has the same numbers without list and placeholder, and func = 9
inline constexpr uint32_t list = 1, s = 2, i = 3, f = 4, b = 5, type = 6, shape = 7, tensor = 8,
                          placeholder = 9, func = 10;
}
namespace list_value {
inline constexpr uint32_t s = 2, i = 3, f = 4, b = 5, type = 6, shape = 7, tensor = 8, func = 9;
}
namespace name_attr_list {
inline constexpr uint32_t name = 1, attr = 2;
}
namespace shape {
inline constexpr uint32_t dim = 2, unknown_rank = 3, dim_size = 1;
}
namespace tensor {
inline constexpr uint32_t dtype = 1, tensor_shape = 2, tensor_content = 4, float_val = 5, double_val = 6,
                          int_val = 7, string_val = 8, scomplex_val = 9, int64_val = 10, bool_val = 11,
                          dcomplex_val = 12, half_val = 13, uint32_val = 16, uint64_val = 17, float8_val = 18;
}
namespace function_library {
inline constexpr uint32_t function = 1;
}
namespace function_def {
inline constexpr uint32_t signature = 1, node_def = 3, ret = 4, attr = 5;
}
namespace op_def {
inline constexpr uint32_t name = 1, input_arg = 2, output_arg = 3;
}
namespace arg_def {
inline constexpr uint32_t name = 1, type = 3, type_attr = 4, number_attr = 5, type_list_attr = 6;
}
namespace saved_model {
inline constexpr uint32_t meta_graphs = 2;
}
namespace meta_graph {
inline constexpr uint32_t meta_info_def = 1, graph_def = 2, saver_def = 3, signature_def = 5,
                          asset_file_def = 6;
}
namespace meta_info {
inline constexpr uint32_t tags = 4, tensorflow_version = 5;
}
namespace saver_def {
inline constexpr uint32_t restore_op_name = 3;
}
namespace signature_def {
inline constexpr uint32_t inputs = 1, outputs = 2, method_name = 3;
}
namespace asset_file_def {
inline constexpr uint32_t tensor_info = 1, filename = 2;
}
namespace tensor_info {
inline constexpr uint32_t name = 1, dtype = 2, tensor_shape = 3, coo_sparse = 4, composite_tensor = 5;
}
namespace saved_slices {  // SavedTensorSlices, SavedTensorSliceMeta, SavedSliceMeta, SavedSlice, TensorSliceProto
inline constexpr uint32_t meta = 1, data = 2, meta_tensor = 1, name = 1, shape = 2, type = 3, slice = 2,
                          slice_data = 3, extent = 1, start = 1, length = 2;
}
namespace object_graph {
inline constexpr uint32_t nodes = 1, node_attributes = 2, attribute_full_name = 2,
                          attribute_checkpoint_key = 3;
}

}  // namespace modelconv::tensorflow::field
