// The part of caffe.proto that a network is made of, for binary files: they hold field numbers, text files names.
// Source: src/caffe/proto/caffe.proto of github.com/BVLC/caffe. Numbers above 146 of LayerParameter belong to forks, which use
// them for different things: binary_net.cpp tells them apart by the layer's type.
#pragma once

namespace modelconv::caffe {

inline constexpr char kMessages[] = R"(
message BlobShape { repeated int64 dim = 1; }
message FillerParameter { string type = 1; float value = 2; }
message NetParameter {
  string name = 1; repeated V1LayerParameter layers = 2; repeated string input = 3; repeated int32 input_dim = 4;
  NetState state = 6; repeated BlobShape input_shape = 8; repeated LayerParameter layer = 100;
}
message NetState { Phase phase = 1; int32 level = 2; repeated string stage = 3; }
enum Phase { TRAIN = 0; TEST = 1; }
message NetStateRule {
  Phase phase = 1; int32 min_level = 2; int32 max_level = 3; repeated string stage = 4; repeated string not_stage = 5;
}
message ParamSpec { string name = 1; }
message LayerParameter {
  string name = 1; string type = 2; repeated string bottom = 3; repeated string top = 4; repeated ParamSpec param = 6;
  repeated NetStateRule include = 8; repeated NetStateRule exclude = 9; Phase phase = 10;
  TransformationParameter transform_param = 100; ArgMaxParameter argmax_param = 103;
  ConcatParameter concat_param = 104; ConvolutionParameter convolution_param = 106; DataParameter data_param = 107;
  DummyDataParameter dummy_data_param = 109; EltwiseParameter eltwise_param = 110; ExpParameter exp_param = 111;
  ImageDataParameter image_data_param = 115; InnerProductParameter inner_product_param = 117;
  LRNParameter lrn_param = 118; MemoryDataParameter memory_data_param = 119; MVNParameter mvn_param = 120;
  PoolingParameter pooling_param = 121; PowerParameter power_param = 122; ReLUParameter relu_param = 123;
  SoftmaxParameter softmax_param = 125; SliceParameter slice_param = 126; ThresholdParameter threshold_param = 128;
  PythonParameter python_param = 130; PReLUParameter prelu_param = 131; SPPParameter spp_param = 132;
  ReshapeParameter reshape_param = 133; LogParameter log_param = 134; FlattenParameter flatten_param = 135;
  ReductionParameter reduction_param = 136; EmbedParameter embed_param = 137; TileParameter tile_param = 138;
  BatchNormParameter batch_norm_param = 139; ELUParameter elu_param = 140; BiasParameter bias_param = 141;
  ScaleParameter scale_param = 142; InputParameter input_param = 143; CropParameter crop_param = 144;
  ParameterParameter parameter_param = 145; RecurrentParameter recurrent_param = 146;
}
message TransformationParameter { uint32 crop_size = 3; bool force_color = 6; bool force_gray = 7; }
message ArgMaxParameter { bool out_max_val = 1; uint32 top_k = 2; int32 axis = 3; }
message ConcatParameter { uint32 concat_dim = 1; int32 axis = 2; }
message BatchNormParameter { bool use_global_stats = 1; float moving_average_fraction = 2; float eps = 3; }
message BiasParameter { int32 axis = 1; int32 num_axes = 2; }
message ConvolutionParameter {
  uint32 num_output = 1; bool bias_term = 2; repeated uint32 pad = 3; repeated uint32 kernel_size = 4;
  uint32 group = 5; repeated uint32 stride = 6; uint32 pad_h = 9; uint32 pad_w = 10; uint32 kernel_h = 11;
  uint32 kernel_w = 12; uint32 stride_h = 13; uint32 stride_w = 14; int32 axis = 16; repeated uint32 dilation = 18;
}
message CropParameter { int32 axis = 1; repeated uint32 offset = 2; }
message DataParameter { uint32 batch_size = 4; uint32 crop_size = 5; }
message DummyDataParameter {
  repeated FillerParameter data_filler = 1; repeated uint32 num = 2; repeated uint32 channels = 3;
  repeated uint32 height = 4; repeated uint32 width = 5; repeated BlobShape shape = 6;
}
message EltwiseParameter {
  enum EltwiseOp { PROD = 0; SUM = 1; MAX = 2; }
  EltwiseOp operation = 1; repeated float coeff = 2;
}
message ELUParameter { float alpha = 1; }
message EmbedParameter { uint32 num_output = 1; uint32 input_dim = 2; bool bias_term = 3; }
message ExpParameter { float base = 1; float scale = 2; float shift = 3; }
message FlattenParameter { int32 axis = 1; int32 end_axis = 2; }
message ImageDataParameter { uint32 batch_size = 4; uint32 crop_size = 5; uint32 new_height = 9; uint32 new_width = 10; }
message InnerProductParameter { uint32 num_output = 1; bool bias_term = 2; int32 axis = 5; bool transpose = 6; }
message InputParameter { repeated BlobShape shape = 1; }
message LogParameter { float base = 1; float scale = 2; float shift = 3; }
message LRNParameter {
  uint32 local_size = 1; float alpha = 2; float beta = 3;
  enum NormRegion { ACROSS_CHANNELS = 0; WITHIN_CHANNEL = 1; }
  NormRegion norm_region = 4; float k = 5;
}
message MemoryDataParameter { uint32 batch_size = 1; uint32 channels = 2; uint32 height = 3; uint32 width = 4; }
message MVNParameter { bool normalize_variance = 1; bool across_channels = 2; float eps = 3; }
message ParameterParameter { BlobShape shape = 1; }
message PoolingParameter {
  enum PoolMethod { MAX = 0; AVE = 1; STOCHASTIC = 2; }
  enum RoundMode { CEIL = 0; FLOOR = 1; }
  PoolMethod pool = 1; uint32 kernel_size = 2; uint32 stride = 3; uint32 pad = 4; uint32 kernel_h = 5;
  uint32 kernel_w = 6; uint32 stride_h = 7; uint32 stride_w = 8; uint32 pad_h = 9; uint32 pad_w = 10;
  bool global_pooling = 12; RoundMode round_mode = 13;
}
message PowerParameter { float power = 1; float scale = 2; float shift = 3; }
message PythonParameter { string module = 1; string layer = 2; string param_str = 3; }
message RecurrentParameter { uint32 num_output = 1; bool expose_hidden = 5; }
message ReductionParameter {
  enum ReductionOp { SUM = 1; ASUM = 2; SUMSQ = 3; MEAN = 4; }
  ReductionOp operation = 1; int32 axis = 2; float coeff = 3;
}
message ReLUParameter { float negative_slope = 1; }
message ReshapeParameter { BlobShape shape = 1; int32 axis = 2; int32 num_axes = 3; }
message ScaleParameter { int32 axis = 1; int32 num_axes = 2; bool bias_term = 4; }
message SliceParameter { uint32 slice_dim = 1; repeated uint32 slice_point = 2; int32 axis = 3; }
message SoftmaxParameter { int32 axis = 2; }
message SPPParameter {
  enum PoolMethod { MAX = 0; AVE = 1; STOCHASTIC = 2; }
  uint32 pyramid_height = 1; PoolMethod pool = 2;
}
message TileParameter { int32 axis = 1; int32 tiles = 2; }
message ThresholdParameter { float threshold = 1; }
message PReLUParameter { bool channel_shared = 2; }

message V1LayerParameter {
  V0LayerParameter layer = 1; repeated string bottom = 2; repeated string top = 3; string name = 4;
  LayerType type = 5; repeated string param = 1001; repeated NetStateRule include = 32; repeated NetStateRule exclude = 33;
  enum LayerType {
    NONE = 0; ABSVAL = 35; ACCURACY = 1; ARGMAX = 30; BNLL = 2; CONCAT = 3; CONTRASTIVE_LOSS = 37; CONVOLUTION = 4;
    DATA = 5; DECONVOLUTION = 39; DROPOUT = 6; DUMMY_DATA = 32; EUCLIDEAN_LOSS = 7; ELTWISE = 25; EXP = 38;
    FLATTEN = 8; HDF5_DATA = 9; HDF5_OUTPUT = 10; HINGE_LOSS = 28; IM2COL = 11; IMAGE_DATA = 12;
    INFOGAIN_LOSS = 13; INNER_PRODUCT = 14; LRN = 15; MEMORY_DATA = 29; MULTINOMIAL_LOGISTIC_LOSS = 16; MVN = 34;
    POOLING = 17; POWER = 26; RELU = 18; SIGMOID = 19; SIGMOID_CROSS_ENTROPY_LOSS = 27; SILENCE = 36; SOFTMAX = 20;
    SOFTMAX_LOSS = 21; SPLIT = 22; SLICE = 33; TANH = 23; WINDOW_DATA = 24; THRESHOLD = 31;
  }
  ConcatParameter concat_param = 9; ConvolutionParameter convolution_param = 10; DataParameter data_param = 11;
  ImageDataParameter image_data_param = 15; InnerProductParameter inner_product_param = 17; LRNParameter lrn_param = 18;
  PoolingParameter pooling_param = 19; PowerParameter power_param = 21; MemoryDataParameter memory_data_param = 22;
  ArgMaxParameter argmax_param = 23; EltwiseParameter eltwise_param = 24; ThresholdParameter threshold_param = 25;
  DummyDataParameter dummy_data_param = 26; ReLUParameter relu_param = 30; SliceParameter slice_param = 31;
  MVNParameter mvn_param = 34; TransformationParameter transform_param = 36; SoftmaxParameter softmax_param = 39;
  ExpParameter exp_param = 41;
}
message V0LayerParameter {
  string name = 1; string type = 2; uint32 num_output = 3; bool biasterm = 4; uint32 pad = 7; uint32 kernelsize = 8;
  uint32 group = 9; uint32 stride = 10; PoolMethod pool = 11; uint32 local_size = 13; float alpha = 14; float beta = 15;
  uint32 batchsize = 19; uint32 cropsize = 20; float k = 22; uint32 concat_dim = 65;
  enum PoolMethod { MAX = 0; AVE = 1; STOCHASTIC = 2; }
}

message PermuteParameter { repeated uint32 order = 1; }
message NormalizeParameter { bool across_spatial = 1; bool channel_shared = 3; float eps = 4; }
message PriorBoxParameter {
  repeated float min_size = 1; repeated float max_size = 2; repeated float aspect_ratio = 3; bool flip = 4; bool clip = 5;
  repeated float variance = 6; uint32 img_size = 7; uint32 img_h = 8; uint32 img_w = 9; float step = 10;
  float step_h = 11; float step_w = 12; float offset = 13;
}
message NonMaximumSuppressionParameter { float nms_threshold = 1; int32 top_k = 2; float eta = 3; }
message DetectionOutputParameter {
  uint32 num_classes = 1; bool share_location = 2; int32 background_label_id = 3;
  NonMaximumSuppressionParameter nms_param = 4; CodeType code_type = 6; int32 keep_top_k = 7;
  bool variance_encoded_in_target = 8; float confidence_threshold = 9;
  enum CodeType { CORNER = 1; CENTER_SIZE = 2; CORNER_SIZE = 3; }
}
message ROIPoolingParameter { uint32 pooled_h = 1; uint32 pooled_w = 2; float spatial_scale = 3; }
message PSROIPoolingParameter { float spatial_scale = 1; int32 output_dim = 2; int32 group_size = 3; }
message InterpParameter {
  int32 height = 1; int32 width = 2; int32 zoom_factor = 3; int32 shrink_factor = 4; int32 pad_beg = 5; int32 pad_end = 6;
}
message UpsampleParameter { uint32 scale = 1; uint32 scale_h = 2; uint32 scale_w = 3; uint32 upsample_h = 5; uint32 upsample_w = 6; }
message ShuffleChannelParameter { uint32 group = 1; }
message ReorgParameter { uint32 stride = 1; bool reverse = 2; }
message ClipParameter { float min = 1; float max = 2; }
message SwishParameter { float beta = 1; }
message BNParameter { float eps = 3; }
)";

}  // namespace modelconv::caffe
