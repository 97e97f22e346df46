"""What each Keras layer has: settings that matter at inference, and weights with their order and shape.

A weight is `name:shape?flag!`: the shape names settings (`_` is any size, `a*b` a product, a list is spliced in), the
flag is a setting without which the layer does not have the weight (`a+b` are two of them), `!` marks weights that
training does not change.
`part/name` belongs to a part of the layer that saves its weights on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Settings that say nothing about inference, on any layer.
IGNORED = frozenset(
    [
        "name",
        "trainable",
        "dtype",
        "seed",
        "batch_input_shape",
        "batch_shape",
        "input_shape",
        "input_dtype",
        "sparse",
        "ragged",
        "autocast",
        "implementation",
        "unroll",
        "stateful",
        "dropout",
        "recurrent_dropout",
        "rate",
        "noise_shape",
        "momentum",
        "renorm",
        "renorm_clipping",
        "renorm_momentum",
        "virtual_batch_size",
        "fused",
        "synchronized",
        "init",
        "inner_init",
        "forget_bias_init",
        "unit_forget_bias",
        "beta_init",
        "gamma_init",
        "consume_less",
        "input_dim",
        "input_length",
        "lora_rank",
        "lora_alpha",
        "quantization_config",
        "optional",
        "zero_debias_moving_mean",
        "stddev",
        "weights",
        "power_iterations",
        "flash_attention",
        "data_format",
    ]
)
IGNORED_ENDINGS = ("_initializer", "_regularizer", "_constraint")


@dataclass(frozen=True)
class Weight:
    """One weight that a layer may have."""

    name: str
    part: str  # "" or the part that saves it
    shape: tuple[str, ...]  # () where it is not checked
    flag: str
    trained: bool


@dataclass(frozen=True)
class Kind:
    """One class of layers."""

    name: str
    settings: frozenset[str]
    weights: tuple[Weight, ...]
    passes_mask: bool


CONV = "filters kernel_size strides padding data_format dilation_rate groups use_bias activation"
POOL = "pool_size strides padding data_format"
RNN = " ".join(
    [
        "units",
        "activation",
        "recurrent_activation",
        "use_bias",
        "return_sequences",
        "return_state",
        "go_backwards",
        "stateful",
        "time_major",
        "zero_output_for_mask",
        "reset_after",
    ]
)
ATTENTION = "dropout score_mode use_scale causal"
MHA = " ".join(
    [
        "num_heads",
        "key_dim",
        "value_dim",
        "use_bias",
        "output_shape",
        "attention_axes",
        "num_query_heads",
        "num_key_value_heads",
        "head_dim",
        "use_causal_mask",
        "use_gate",
        "sliding_window",
    ]
)
RESIZE = (
    "height width interpolation crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value data_format antialias"
)
REVERSIBLE = "input_dim output_dim mask_zero tie_weights logit_soft_cap"
SEPARABLE = "depthwise_kernel:kernel_size,_,depth_multiplier pointwise_kernel bias:filters?use_bias"
BATCH_STATISTICS = " ".join(
    [
        "gamma?scale beta?center moving_mean! moving_variance!",
        "moving_stddev?renorm! renorm_mean?renorm! renorm_stddev?renorm!",
    ]
)
LOOKUP = " ".join(
    [
        "max_tokens",
        "num_oov_indices",
        "mask_token",
        "oov_token",
        "vocabulary",
        "invert",
        "output_mode",
        "sparse",
        "pad_to_max_tokens",
        "idf_weights",
        "vocabulary_dtype",
        "vocabulary_size",
        "has_input_vocabulary",
        "num_tokens",
    ]
)
STFT = "mode frame_length frame_step fft_length window periodic scaling padding expand_dims data_format"
STFT_KERNELS = "real_kernel:frame_length,1,_?@real imag_kernel:frame_length,1,_?@imag"
PROJECTIONS = " ".join(
    [
        "query_dense/kernel query_dense/bias?use_bias key_dense/kernel key_dense/bias?use_bias",
        "gate_dense/kernel?use_gate gate_dense/bias?use_gate+use_bias",
        "value_dense/kernel value_dense/bias?use_bias output_dense/kernel output_dense/bias?use_bias",
    ]
)
CELL = "kernel:_,units*{0} recurrent_kernel:units,units*{0} bias?use_bias"
IN_CELL = "cell/kernel:_,units*{0} cell/recurrent_kernel:units,units*{0} cell/bias?use_bias"
CONV_CELL = "kernel:kernel_size,_,filters*4 recurrent_kernel:kernel_size,filters,filters*4 bias:filters*4?use_bias"

# name | settings | weights; a star behind the name: the layer hands masks on.
TABLE = f"""
Activation* | activation axis |
ActivityRegularization* | |
AdaptiveAveragePooling1D | output_size data_format |
AdaptiveAveragePooling2D | output_size data_format |
AdaptiveAveragePooling3D | output_size data_format |
AdaptiveMaxPooling1D | output_size data_format |
AdaptiveMaxPooling2D | output_size data_format |
AdaptiveMaxPooling3D | output_size data_format |
Add* | |
AdditiveAttention | {ATTENTION} | scale?use_scale
AlphaDropout* | |
Attention | {ATTENTION} | scale?use_scale concat_score_weight?@concat
AutoContrast* | value_range data_format |
Average* | |
AveragePooling1D | {POOL} |
AveragePooling2D | {POOL} |
AveragePooling3D | {POOL} |
BatchNormalization* | axis epsilon scale center mode | {BATCH_STATISTICS}
Bidirectional* | merge_mode |
CategoryEncoding | num_tokens output_mode sparse |
CenterCrop | height width data_format |
Concatenate* | axis |
Conv1D | {CONV} | kernel:kernel_size,_,filters bias:filters?use_bias
Conv1DTranspose | {CONV} output_padding | kernel:kernel_size,filters,_ bias:filters?use_bias
Conv2D | {CONV} | kernel:kernel_size,_,filters bias:filters?use_bias
Conv2DTranspose | {CONV} output_padding | kernel:kernel_size,filters,_ bias:filters?use_bias
Conv3D | {CONV} | kernel:kernel_size,_,filters bias:filters?use_bias
Conv3DTranspose | {CONV} output_padding | kernel:kernel_size,filters,_ bias:filters?use_bias
ConvLSTM1D* | {CONV} {RNN} | {" ".join("cell/" + weight for weight in CONV_CELL.split())}
ConvLSTM2D* | {CONV} {RNN} | {" ".join("cell/" + weight for weight in CONV_CELL.split())}
ConvLSTM3D* | {CONV} {RNN} | {" ".join("cell/" + weight for weight in CONV_CELL.split())}
Cropping1D | cropping data_format |
Cropping2D | cropping data_format |
Cropping3D | cropping data_format |
Dense* | units use_bias activation | kernel:_,units bias:units?use_bias
DepthwiseConv1D | {CONV} depth_multiplier | kernel:kernel_size,_,depth_multiplier bias?use_bias
DepthwiseConv2D | {CONV} depth_multiplier | kernel:kernel_size,_,depth_multiplier bias?use_bias
Discretization | bin_boundaries num_bins epsilon output_mode sparse |
Dot | axes normalize |
Dropout* | |
ELU* | alpha |
EinsumDense | equation output_shape bias_axes activation | kernel bias?bias_axes
Embedding | input_dim output_dim mask_zero | embeddings:input_dim,output_dim
Flatten | data_format |
GRU* | {RNN} | {IN_CELL.format(3)}
GRUCell | {RNN} | {CELL.format(3)}
GaussianDropout* | |
GaussianNoise* | |
GlobalAveragePooling1D | keepdims data_format |
GlobalAveragePooling2D | keepdims data_format |
GlobalAveragePooling3D | keepdims data_format |
GlobalMaxPooling1D | keepdims data_format |
GlobalMaxPooling2D | keepdims data_format |
GlobalMaxPooling3D | keepdims data_format |
GroupNormalization* | groups axis epsilon scale center | gamma?scale beta?center
GroupQueryAttention* | {MHA} | {PROJECTIONS}
HashedCrossing | num_bins output_mode sparse |
Hashing | num_bins mask_value salt output_mode sparse |
Identity* | |
InputLayer* | |
IntegerLookup | {LOOKUP} |
LSTM* | {RNN} | {IN_CELL.format(4)}
LSTMCell | {RNN} | {CELL.format(4)}
Lambda | function output_shape mask arguments function_type module output_shape_type output_shape_module |
LayerNormalization* | axis epsilon scale center rms_scaling | gamma?@scaled beta?@shifted
LayerScale | init_values projection_dim | gamma:projection_dim
LeakyReLU* | negative_slope alpha |
Masking* | mask_value |
MaxPooling1D | {POOL} |
MaxPooling2D | {POOL} |
MaxPooling3D | {POOL} |
Maximum* | |
MelSpectrogram | |
Minimum* | |
MultiHeadAttention* | {MHA} | {PROJECTIONS}
Multiply* | |
Normalization* | axis mean variance invert | mean?@adapted! variance?@adapted! count?@adapted!
PReLU* | shared_axes | alpha
Permute | dims |
RMSNormalization | axis epsilon | scale
RNN* | {RNN} cell |
RandomCrop | height width data_format |
ReLU* | max_value negative_slope threshold |
RepeatVector | n |
Rescaling* | scale offset |
Reshape | target_shape |
Resizing | {RESIZE} |
ReversibleEmbedding | {REVERSIBLE} | embeddings:input_dim,output_dim reverse_embeddings?@untied
STFTSpectrogram | {STFT} | {STFT_KERNELS}
SeparableConv1D | {CONV} depth_multiplier | {SEPARABLE}
SeparableConv2D | {CONV} depth_multiplier | {SEPARABLE}
SimpleRNN* | {RNN} | {IN_CELL.format(1)}
SimpleRNNCell | {RNN} | {CELL.format(1)}
Softmax* | axis |
SpatialDropout1D* | |
SpatialDropout2D* | data_format |
SpatialDropout3D* | data_format |
SpectralNormalization | | vector_u!
StackedRNNCells | |
StringLookup | {LOOKUP} encoding |
Subtract* | |
TextVectorization | |
ThresholdedReLU* | theta |
TimeDistributed* | |
UnitNormalization* | axis |
UpSampling1D | size |
UpSampling2D | size interpolation data_format |
UpSampling3D | size data_format |
ZeroPadding1D | padding data_format |
ZeroPadding2D | padding data_format |
ZeroPadding3D | padding data_format |
"""

# Names under which Keras has known the same layers.
ALIASES = {
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "Convolution1D": "Conv1D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3D": "Conv3D",
    "Convolution3DTranspose": "Conv3DTranspose",
    "CuDNNGRU": "GRU",
    "CuDNNLSTM": "LSTM",
    "Deconvolution2D": "Conv2DTranspose",
    "GRUV1": "GRU",
    "GRUV2": "GRU",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
    "GroupedQueryAttention": "GroupQueryAttention",
    "LSTMV1": "LSTM",
    "LSTMV2": "LSTM",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "SyncBatchNormalization": "BatchNormalization",
}

# Augmentation does nothing at inference: any settings will do.
AUGMENTATION_PREFIXES = ("Random", "Rand", "AugMix", "CutMix", "MixUp", "Solarization")

# Flags whose setting is on unless the config says otherwise.
ON_BY_DEFAULT = frozenset({"use_bias", "scale", "center"})
# AdditiveAttention scales by default, Attention does not.
OFF_BY_DEFAULT_OF = {("Attention", "use_scale"), ("EinsumDense", "bias_axes")}


def parse_weight(text: str) -> Weight:
    """One word of the table."""
    trained = not text.endswith("!")
    text, _, flag = text.rstrip("!").partition("?")
    path, _, shape = text.partition(":")
    part, _, name = path.rpartition("/")
    return Weight(name, part, tuple(shape.split(",")) if shape else (), flag, trained)


def parse_table() -> dict[str, Kind]:
    """The table as Kinds by name."""
    kinds = {}
    for line in TABLE.strip().splitlines():
        name, settings, weights = (part.strip() for part in (line + " ").split("|"))
        kind = name.rstrip("*")
        kinds[kind] = Kind(
            kind, frozenset(settings.split()), tuple(map(parse_weight, weights.split())), name.endswith("*")
        )
    return kinds


KINDS = parse_table()


def has_flag(kind: str, flag: str, config: dict[str, Any]) -> bool:
    """Does a layer with this config have the weights that `flag` stands for?"""
    if not flag:
        return True
    if flag == "@adapted":
        return config.get("mean") is None
    if "+" in flag:
        return all(has_flag(kind, part, config) for part in flag.split("+"))
    if flag == "@scaled":
        return bool(config.get("rms_scaling")) or has_flag(kind, "scale", config)
    if flag == "@shifted":
        return not config.get("rms_scaling") and has_flag(kind, "center", config)
    if flag == "@concat":
        return config.get("score_mode") == "concat"
    if flag in ("@real", "@imag"):
        return config.get("mode") != {"@real": "imag", "@imag": "real"}[flag]
    if flag == "@untied":
        return config.get("tie_weights") is False
    default = flag in ON_BY_DEFAULT or (flag == "use_scale" and (kind, flag) not in OFF_BY_DEFAULT_OF)
    value = config.get(flag)
    if flag in ("bias_axes",):
        return value is not None
    return bool(default if value is None else value)


def expected_shape(weight: Weight, config: dict[str, Any]) -> list[int | None] | None:
    """Sizes of a weight as far as the config says them."""
    sizes: list[int | None] = []
    for word in weight.shape:
        if word == "_":
            sizes.append(None)
            continue
        product: int | None = 1
        for factor in word.split("*"):
            value = int(factor) if factor.isdigit() else config.get(factor)
            if isinstance(value, list):
                sizes += [size if isinstance(size, int) else None for size in value]
                product = None
                break
            if not isinstance(value, int):
                return None
            product = value * (product or 0)
        else:
            sizes.append(product)
    return sizes or None
