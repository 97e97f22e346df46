// TensorFlow's protobuf messages: the one place where their field numbers stand, for reading, writing and the text form.
// Only what the decoder reads or a text file commonly has.
// Source: tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape,function,op_def,versions,types}.proto
// tensorflow/core/util/saved_tensor_slice.proto and tensorflow/core/protobuf/{saved_model,meta_graph,saver,trackable_object_graph}.proto of TensorFlow 2.21.
#pragma once

namespace modelconv::tensorflow {

inline constexpr const char* kMessages = R"(
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
  message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraphDef meta_graphs = 2; }
  message MetaGraphDef {
    MetaInfoDef meta_info_def = 1; GraphDef graph_def = 2; SaverDef saver_def = 3; map<string, SignatureDef> signature_def = 5;
    repeated AssetFileDef asset_file_def = 6;
    message MetaInfoDef { repeated string tags = 4; string tensorflow_version = 5; }
  }
  message SaverDef { string restore_op_name = 3; }
  message SignatureDef { map<string, TensorInfo> inputs = 1; map<string, TensorInfo> outputs = 2; string method_name = 3; }
  message TensorInfo {
    string name = 1; DataType dtype = 2; TensorShapeProto tensor_shape = 3; CooSparse coo_sparse = 4;
    CompositeTensor composite_tensor = 5;
    message CooSparse { string values_tensor_name = 1; }
    message CompositeTensor { repeated TensorInfo components = 2; }
  }
  message AssetFileDef { TensorInfo tensor_info = 1; string filename = 2; }
  message SavedTensorSlices { SavedTensorSliceMeta meta = 1; SavedSlice data = 2; }
  message SavedTensorSliceMeta { repeated SavedSliceMeta tensor = 1; }
  message SavedSliceMeta { string name = 1; TensorShapeProto shape = 2; DataType type = 3; }
  message SavedSlice { string name = 1; TensorSliceProto slice = 2; TensorProto data = 3; }
  message TensorSliceProto {
    repeated Extent extent = 1;
    message Extent { int64 start = 1; int64 length = 2; }
  }
  message TrackableObjectGraph {
    repeated TrackableObject nodes = 1;
    message TrackableObject { repeated SerializedTensor attributes = 2; }
    message SerializedTensor { string name = 1; string full_name = 2; string checkpoint_key = 3; }
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

}  // namespace modelconv::tensorflow
