"""Every Keras layer with several settings: what to build and the shapes of its inputs."""

from __future__ import annotations

from support.keras_augmentation_cases import AUGMENTATION_CASES
from support.keras_layer_case import Case, layer

IMAGE, CHANNELS_FIRST = (9, 8, 6), {"data_format": "channels_first"}
SEQUENCE, VOLUME = (7, 4), (5, 6, 4, 2)

CASES: dict[str, list[Case]] = {
    **AUGMENTATION_CASES,
    "Activation": [
        layer("Activation", (5, 4), activation=name, only=only)
        for only, names in (
            (
                "",
                "relu sigmoid tanh softmax elu selu softplus softsign exponential linear gelu hard_sigmoid swish mish",
            ),
            ("keras", "relu6 silu leaky_relu log_softmax hard_silu celu glu tanh_shrink hard_tanh hard_shrink"),
            ("keras", "soft_shrink squareplus sparse_plus threshold log_sigmoid sparse_sigmoid"),
        )
        for name in names.split()
        if name != "threshold"
    ],
    "ActivityRegularization": [layer("ActivityRegularization", (3,), l1=0.1), layer("ActivityRegularization", (3, 2))],
    "AdaptiveAveragePooling1D": [
        layer("AdaptiveAveragePooling1D", SEQUENCE, output_size=3, only="keras"),
        layer("AdaptiveAveragePooling1D", SEQUENCE, output_size=2, only="keras", **CHANNELS_FIRST),
    ],
    "AdaptiveAveragePooling2D": [
        layer("AdaptiveAveragePooling2D", IMAGE, output_size=(4, 3), only="keras"),
        layer("AdaptiveAveragePooling2D", IMAGE, output_size=2, only="keras", **CHANNELS_FIRST),
    ],
    "AdaptiveAveragePooling3D": [
        layer("AdaptiveAveragePooling3D", VOLUME, output_size=(2, 4, 3), only="keras"),
        layer("AdaptiveAveragePooling3D", VOLUME, output_size=1, only="keras"),
    ],
    "AdaptiveMaxPooling1D": [
        layer("AdaptiveMaxPooling1D", SEQUENCE, output_size=3, only="keras"),
        layer("AdaptiveMaxPooling1D", SEQUENCE, output_size=5, only="keras"),
    ],
    "AdaptiveMaxPooling2D": [
        layer("AdaptiveMaxPooling2D", IMAGE, output_size=(4, 3), only="keras"),
        layer("AdaptiveMaxPooling2D", IMAGE, output_size=2, only="keras", **CHANNELS_FIRST),
    ],
    "AdaptiveMaxPooling3D": [
        layer("AdaptiveMaxPooling3D", VOLUME, output_size=(2, 4, 3), only="keras"),
        layer("AdaptiveMaxPooling3D", VOLUME, output_size=2, only="keras"),
    ],
    "Add": [layer("Add", (3, 4), (3, 4)), layer("Add", (4,), (4,), (4,)), layer("Add", (3, 4), (1, 4))],
    "AlphaDropout": [layer("AlphaDropout", (3,), rate=0.5), layer("AlphaDropout", (3, 2), rate=0.1)],
    "AutoContrast": [
        layer("AutoContrast", IMAGE, only="keras"),
        layer("AutoContrast", IMAGE, value_range=(-1, 2), only="keras"),
        layer("AutoContrast", IMAGE, fill="integers", only="keras"),
    ],
    "Average": [layer("Average", (3, 4), (3, 4)), layer("Average", (4,), (4,), (4,))],
    "AveragePooling1D": [
        layer("AveragePooling1D", SEQUENCE, pool_size=2),
        layer("AveragePooling1D", SEQUENCE, pool_size=3, strides=2, padding="same"),
    ],
    "AveragePooling2D": [
        layer("AveragePooling2D", IMAGE, pool_size=2),
        layer("AveragePooling2D", IMAGE, pool_size=(3, 2), strides=(2, 1), padding="same"),
        layer("AveragePooling2D", IMAGE, pool_size=3, strides=2),
        layer("AveragePooling2D", (None, None, 3), pool_size=2, padding="same"),
    ],
    "AveragePooling3D": [
        layer("AveragePooling3D", VOLUME, pool_size=2),
        layer("AveragePooling3D", VOLUME, pool_size=3, strides=1, padding="same"),
    ],
    "BatchNormalization": [
        layer("BatchNormalization", IMAGE),
        layer("BatchNormalization", (5,), epsilon=1e-5),
        layer("BatchNormalization", IMAGE, axis=1, scale=False),
        layer("BatchNormalization", SEQUENCE, center=False),
    ],
    "CategoryEncoding": [
        layer("CategoryEncoding", (4,), num_tokens=9, output_mode="multi_hot", fill="integers"),
        layer("CategoryEncoding", (4,), num_tokens=9, output_mode="count", fill="integers"),
        layer("CategoryEncoding", (1,), num_tokens=9, output_mode="one_hot", fill="integers"),
    ],
    "CenterCrop": [
        layer("CenterCrop", IMAGE, height=4, width=5),
        layer("CenterCrop", IMAGE, height=9, width=2),
    ],
    "Concatenate": [
        layer("Concatenate", (3, 4), (3, 2)),
        layer("Concatenate", (3, 4), (5, 4), axis=1),
        layer("Concatenate", (3, 4, 2), (3, 1, 2), (3, 2, 2), axis=-2),
    ],
    "Conv1D": [
        layer("Conv1D", SEQUENCE, filters=3, kernel_size=3),
        layer("Conv1D", SEQUENCE, filters=3, kernel_size=3, padding="causal", dilation_rate=2, activation="relu"),
        layer("Conv1D", SEQUENCE, filters=6, kernel_size=2, padding="same", strides=2, groups=2, use_bias=False),
    ],
    "Conv1DTranspose": [
        layer("Conv1DTranspose", SEQUENCE, filters=3, kernel_size=3),
        layer("Conv1DTranspose", SEQUENCE, filters=3, kernel_size=4, strides=3, padding="same"),
        layer("Conv1DTranspose", SEQUENCE, filters=2, kernel_size=2, strides=3),
    ],
    "Conv2D": [
        layer("Conv2D", IMAGE, filters=4, kernel_size=3),
        layer("Conv2D", IMAGE, filters=4, kernel_size=(3, 2), strides=2, padding="same", activation="tanh"),
        layer("Conv2D", IMAGE, filters=4, kernel_size=3, dilation_rate=(2, 1), padding="same", use_bias=False),
        layer("Conv2D", IMAGE, filters=4, kernel_size=3, groups=2),
        layer("Conv2D", (None, None, 3), filters=4, kernel_size=4, padding="same", strides=(2, 2)),
    ],
    "Conv2DTranspose": [
        layer("Conv2DTranspose", IMAGE, filters=4, kernel_size=3),
        layer("Conv2DTranspose", IMAGE, filters=4, kernel_size=(3, 2), strides=2, padding="same", activation="relu"),
        layer("Conv2DTranspose", IMAGE, filters=2, kernel_size=2, strides=(3, 2)),
        layer("Conv2DTranspose", IMAGE, filters=2, kernel_size=3, strides=2, output_padding=1, padding="same"),
        layer("Conv2DTranspose", IMAGE, filters=2, kernel_size=5, strides=3, output_padding=(2, 1)),
        layer("Conv2DTranspose", IMAGE, filters=2, kernel_size=3, dilation_rate=2, padding="same"),
    ],
    "Conv3D": [
        layer("Conv3D", VOLUME, filters=3, kernel_size=2),
        layer("Conv3D", VOLUME, filters=3, kernel_size=(3, 2, 1), strides=(1, 2, 2), padding="same"),
    ],
    "Conv3DTranspose": [
        layer("Conv3DTranspose", VOLUME, filters=3, kernel_size=2),
        layer("Conv3DTranspose", VOLUME, filters=3, kernel_size=3, strides=2, padding="same"),
    ],
    "ConvLSTM1D": [
        layer("ConvLSTM1D", (4, 6, 2), filters=3, kernel_size=3),
        layer(
            "ConvLSTM1D", (4, 6, 2), filters=2, kernel_size=2, padding="same", return_sequences=True, go_backwards=True
        ),
    ],
    "ConvLSTM2D": [
        layer("ConvLSTM2D", (4, 6, 5, 2), filters=3, kernel_size=3, return_sequences=True),
        layer("ConvLSTM2D", (4, 6, 5, 2), filters=2, kernel_size=(2, 3), padding="same", strides=2, use_bias=False),
    ],
    "ConvLSTM3D": [
        layer("ConvLSTM3D", (3, 4, 4, 3, 2), filters=2, kernel_size=2),
        layer("ConvLSTM3D", (3, 4, 4, 3, 2), filters=2, kernel_size=1, recurrent_activation="sigmoid"),
    ],
    "Cropping1D": [layer("Cropping1D", SEQUENCE, cropping=2), layer("Cropping1D", SEQUENCE, cropping=(0, 3))],
    "Cropping2D": [
        layer("Cropping2D", IMAGE, cropping=1),
        layer("Cropping2D", IMAGE, cropping=((1, 2), (0, 3))),
        layer("Cropping2D", IMAGE, cropping=(2, 1), **CHANNELS_FIRST),
    ],
    "Cropping3D": [
        layer("Cropping3D", VOLUME, cropping=1),
        layer("Cropping3D", VOLUME, cropping=((1, 0), (0, 2), (1, 1))),
    ],
    "Dense": [
        layer("Dense", (5,), units=3),
        layer("Dense", (4, 5), units=3, activation="relu", use_bias=False),
        layer("Dense", IMAGE, units=2, activation="softmax"),
    ],
    "DepthwiseConv1D": [
        layer("DepthwiseConv1D", SEQUENCE, kernel_size=3),
        layer("DepthwiseConv1D", SEQUENCE, kernel_size=2, depth_multiplier=2, strides=2, padding="same"),
    ],
    "DepthwiseConv2D": [
        layer("DepthwiseConv2D", IMAGE, kernel_size=3),
        layer("DepthwiseConv2D", IMAGE, kernel_size=3, depth_multiplier=2, strides=2, padding="same", use_bias=False),
        layer("DepthwiseConv2D", IMAGE, kernel_size=3, dilation_rate=2, activation="relu"),
    ],
    "Discretization": [
        layer("Discretization", (4,), bin_boundaries=[-1.0, -0.5, 0.0, 1.0]),
        layer("Discretization", (4,), bin_boundaries=[-0.5, 0.5], output_mode="multi_hot"),
    ],
    "Dot": [
        layer("Dot", (3, 4), (5, 4), axes=-1),
        layer("Dot", (4,), (4,), axes=1, normalize=True),
        layer("Dot", (3, 4), (4, 5), axes=(2, 1)),
    ],
    "Dropout": [layer("Dropout", (3,), rate=0.5), layer("Dropout", (3, 2), rate=0.1)],
    "ELU": [layer("ELU", (3, 4)), layer("ELU", (3,), alpha=0.3)],
    "EinsumDense": [
        layer("EinsumDense", (3, 4), equation="abc,cd->abd", output_shape=(None, 5), bias_axes="d"),
        layer("EinsumDense", (3, 4), equation="...x,xy->...y", output_shape=5, activation="relu"),
    ],
    "Embedding": [
        layer("Embedding", (6,), input_dim=9, output_dim=3, fill="integers"),
        layer("Embedding", (2, 3), input_dim=9, output_dim=4, mask_zero=True, fill="integers"),
    ],
    "Flatten": [
        layer("Flatten", IMAGE),
        layer("Flatten", IMAGE, **CHANNELS_FIRST),
        layer("Flatten", (4,)),
    ],
    "GRU": [
        layer("GRU", SEQUENCE, units=3),
        layer("GRU", SEQUENCE, units=3, reset_after=False, return_sequences=True),
        layer("GRU", SEQUENCE, units=2, go_backwards=True, return_sequences=True, use_bias=False),
        layer("GRU", SEQUENCE, units=2, recurrent_activation="hard_sigmoid", activation="relu"),
        layer("GRU", (None, 4), units=2, return_sequences=True),
    ],
    "GaussianDropout": [layer("GaussianDropout", (3,), rate=0.5), layer("GaussianDropout", (3, 2), rate=0.1)],
    "GaussianNoise": [layer("GaussianNoise", (3,), stddev=0.5), layer("GaussianNoise", (3, 2), stddev=0.1)],
    **{
        f"Global{kind}Pooling{rank}D": [
            layer(f"Global{kind}Pooling{rank}D", shape),
            layer(f"Global{kind}Pooling{rank}D", shape, keepdims=True),
            layer(f"Global{kind}Pooling{rank}D", shape, **CHANNELS_FIRST),
        ]
        for kind in ("Average", "Max")
        for rank, shape in ((1, SEQUENCE), (2, IMAGE), (3, VOLUME))
    },
    "GroupNormalization": [
        layer("GroupNormalization", IMAGE, groups=3),
        layer("GroupNormalization", SEQUENCE, groups=-1, scale=False),
        layer("GroupNormalization", IMAGE, groups=3, axis=1, center=False),
    ],
    "Identity": [layer("Identity", (3,)), layer("Identity", (3, 2))],
    "IntegerLookup": [
        layer("IntegerLookup", (4,), vocabulary=[3, 5, 8], fill="integers"),
        layer("IntegerLookup", (4,), vocabulary=[3, 5, 8], output_mode="multi_hot", fill="integers"),
        layer("IntegerLookup", (4,), vocabulary=[3, 5, 8], mask_token=0, fill="integers"),
    ],
    "LSTM": [
        layer("LSTM", SEQUENCE, units=3),
        layer("LSTM", SEQUENCE, units=3, return_sequences=True, recurrent_activation="hard_sigmoid"),
        layer("LSTM", SEQUENCE, units=2, go_backwards=True, use_bias=False),
        layer("LSTM", SEQUENCE, units=2, go_backwards=True, return_sequences=True, activation="softsign"),
        layer("LSTM", SEQUENCE, units=2, return_state=True),
        layer("LSTM", (None, 4), units=2, return_sequences=True, return_state=True),
    ],
    "LayerNormalization": [
        layer("LayerNormalization", IMAGE),
        layer("LayerNormalization", IMAGE, axis=1, epsilon=1e-5),
        layer("LayerNormalization", IMAGE, axis=(1, 2), scale=False),
        layer("LayerNormalization", (5,), center=False),
        layer("LayerNormalization", SEQUENCE, center=False, scale=False),
        layer("LayerNormalization", SEQUENCE, rms_scaling=True, only="keras"),
        layer("LayerNormalization", IMAGE, rms_scaling=True, axis=(1, 3), epsilon=1e-2, only="keras"),
    ],
    "LeakyReLU": [layer("LeakyReLU", (3, 4)), layer("LeakyReLU", (3,), negative_slope=0.1, only="keras")],
    "Masking": [layer("Masking", SEQUENCE, fill="mask"), layer("Masking", SEQUENCE, mask_value=1.0, fill="mask")],
    "MaxPooling1D": [
        layer("MaxPooling1D", SEQUENCE),
        layer("MaxPooling1D", SEQUENCE, pool_size=3, strides=2, padding="same"),
    ],
    "MaxPooling2D": [
        layer("MaxPooling2D", IMAGE),
        layer("MaxPooling2D", IMAGE, pool_size=(3, 2), strides=(2, 1), padding="same"),
        layer("MaxPooling2D", (None, None, 3), pool_size=3, strides=2, padding="same"),
    ],
    "MaxPooling3D": [
        layer("MaxPooling3D", VOLUME),
        layer("MaxPooling3D", VOLUME, pool_size=2, strides=1, padding="same"),
    ],
    "Maximum": [layer("Maximum", (3, 4), (3, 4)), layer("Maximum", (4,), (4,), (4,))],
    "Minimum": [layer("Minimum", (3, 4), (3, 4)), layer("Minimum", (4,), (4,), (4,))],
    "Multiply": [layer("Multiply", (3, 4), (3, 4)), layer("Multiply", (3, 4), (3, 1), (1, 4))],
    "Normalization": [
        layer("Normalization", SEQUENCE, mean=[0.5, -1.0, 0.0, 2.0], variance=[1.0, 2.0, 0.5, 4.0]),
        layer("Normalization", SEQUENCE),
        layer("Normalization", SEQUENCE, axis=None, mean=0.5, variance=2.0),
        layer("Normalization", IMAGE, axis=1),
    ],
    "PReLU": [
        layer("PReLU", IMAGE),
        layer("PReLU", IMAGE, shared_axes=[1, 2]),
    ],
    "Permute": [layer("Permute", (3, 4), dims=(2, 1)), layer("Permute", (3, 4, 5), dims=(3, 1, 2))],
    "RMSNormalization": [
        layer("RMSNormalization", IMAGE, only="keras"),
        layer("RMSNormalization", (5,), epsilon=1e-3, only="keras"),
    ],
    "RandomCrop": [
        layer("RandomCrop", IMAGE, height=4, width=5, only="keras"),
        layer("RandomCrop", IMAGE, height=12, width=5, only="keras"),
        layer("RandomCrop", IMAGE, height=9, width=8),
    ],
    "RandomFlip": [
        layer("RandomFlip", IMAGE),
        layer("RandomFlip", IMAGE, mode="horizontal"),
        layer("RandomFlip", IMAGE, fill="integers", only="keras"),
    ],
    "ReLU": [
        layer("ReLU", (3, 4)),
        layer("ReLU", (3, 4), max_value=1.0),
        layer("ReLU", (3, 4), negative_slope=0.1),
        layer("ReLU", (3, 4), threshold=0.5),
        layer("ReLU", (3, 4), threshold=0.2, max_value=0.7, negative_slope=0.2),
    ],
    "RepeatVector": [layer("RepeatVector", (3,), n=4), layer("RepeatVector", (2,), n=1)],
    "Rescaling": [
        layer("Rescaling", IMAGE, scale=1 / 255),
        layer("Rescaling", (3,), scale=[1.0, 2.0, 3.0], offset=-1.0),
    ],
    "Reshape": [
        layer("Reshape", (3, 4), target_shape=(2, 6)),
        layer("Reshape", (3, 4), target_shape=(-1, 2)),
        layer("Reshape", (3, 4), target_shape=(12,)),
    ],
    "Resizing": [
        layer("Resizing", IMAGE, height=5, width=12),
        layer("Resizing", IMAGE, height=13, width=4, interpolation="nearest"),
        layer("Resizing", IMAGE, height=18, width=32, interpolation="bicubic"),
    ],
    "STFTSpectrogram": [
        layer("STFTSpectrogram", (40, 2), mode=mode, frame_length=8, only="keras", **settings)
        for mode, settings in (
            ("log", {}),
            ("magnitude", {"frame_step": 3, "padding": "same"}),
            ("psd", {"fft_length": 16, "expand_dims": True}),
            ("real", {"window": "hamming"}),
            ("imag", {"scaling": None}),
            ("stft", {"scaling": "spectrum", "expand_dims": True}),
        )
    ]
    + [
        layer("STFTSpectrogram", (2, 40), frame_length=8, only="keras", expand_dims=expands, **CHANNELS_FIRST)
        for expands in (True, False)
    ],
    "SeparableConv1D": [
        layer("SeparableConv1D", SEQUENCE, filters=3, kernel_size=3),
        layer("SeparableConv1D", SEQUENCE, filters=3, kernel_size=2, depth_multiplier=2, padding="same", strides=2),
    ],
    "SeparableConv2D": [
        layer("SeparableConv2D", IMAGE, filters=3, kernel_size=3, activation="relu"),
        layer("SeparableConv2D", IMAGE, filters=3, kernel_size=3, depth_multiplier=2, padding="same", strides=2),
        layer("SeparableConv2D", IMAGE, filters=3, kernel_size=2, dilation_rate=2, use_bias=False),
    ],
    "SimpleRNN": [
        layer("SimpleRNN", SEQUENCE, units=3),
        layer("SimpleRNN", SEQUENCE, units=3, return_sequences=True, activation="relu", go_backwards=True),
    ],
    "Softmax": [
        layer("Softmax", (3, 4)),
        layer("Softmax", (3, 4), axis=1),
        layer("Softmax", (3, 4), axis=(1, 2), only="keras"),
    ],
    "SpatialDropout1D": [layer("SpatialDropout1D", SEQUENCE, rate=0.5), layer("SpatialDropout1D", SEQUENCE, rate=0.1)],
    "SpatialDropout2D": [layer("SpatialDropout2D", IMAGE, rate=0.5), layer("SpatialDropout2D", IMAGE, rate=0.1)],
    "SpatialDropout3D": [layer("SpatialDropout3D", VOLUME, rate=0.5), layer("SpatialDropout3D", VOLUME, rate=0.1)],
    "Subtract": [layer("Subtract", (3, 4), (3, 4)), layer("Subtract", (3, 4), (1, 4))],
    "ThresholdedReLU": [
        layer("ThresholdedReLU", (3, 4), only="tf_keras"),
        layer("ThresholdedReLU", (3, 4), theta=0.3, only="tf_keras"),
    ],
    "UnitNormalization": [layer("UnitNormalization", (3, 4)), layer("UnitNormalization", (3, 4), axis=1)],
    "UpSampling1D": [layer("UpSampling1D", SEQUENCE), layer("UpSampling1D", SEQUENCE, size=3)],
    "UpSampling2D": [
        layer("UpSampling2D", IMAGE),
        layer("UpSampling2D", IMAGE, size=(3, 2), interpolation="bilinear"),
        layer("UpSampling2D", IMAGE, size=2, interpolation="bicubic"),
        layer("UpSampling2D", (None, None, 2), size=(2, 3)),
    ],
    "UpSampling3D": [layer("UpSampling3D", VOLUME), layer("UpSampling3D", VOLUME, size=(1, 2, 3))],
    "ZeroPadding1D": [layer("ZeroPadding1D", SEQUENCE), layer("ZeroPadding1D", SEQUENCE, padding=(0, 3))],
    "ZeroPadding2D": [
        layer("ZeroPadding2D", IMAGE),
        layer("ZeroPadding2D", IMAGE, padding=((1, 2), (0, 3))),
        layer("ZeroPadding2D", IMAGE, padding=(2, 1), **CHANNELS_FIRST),
    ],
    "ZeroPadding3D": [
        layer("ZeroPadding3D", VOLUME),
        layer("ZeroPadding3D", VOLUME, padding=((1, 0), (0, 2), (1, 1))),
    ],
}

# Layers with a data format: their first two cases that leave it open and that Keras 3 has are tested both ways.
WITH_DATA_FORMAT = [
    *(f"{kind}{rank}D" for kind in ("AveragePooling", "MaxPooling") for rank in (1, 2, 3)),
    *(f"{kind}{rank}D" for kind in ("GlobalAveragePooling", "GlobalMaxPooling") for rank in (1, 2, 3)),
    *(f"{kind}{rank}D" for kind in ("AdaptiveAveragePooling", "AdaptiveMaxPooling") for rank in (1, 2, 3)),
    *(f"{kind}{rank}D" for kind in ("Conv", "ZeroPadding") for rank in (1, 2, 3)),
    *(f"Conv{rank}DTranspose" for rank in (1, 2, 3)),
    *(f"{kind}{rank}D" for kind in ("DepthwiseConv", "SeparableConv") for rank in (1, 2)),
    *(f"{kind}{rank}D" for kind in ("Cropping", "UpSampling") for rank in (2, 3)),
    *("CenterCrop", "Flatten", "RandomCrop", "RandomFlip", "Resizing", "SpatialDropout2D", "SpatialDropout3D"),
]
LAYOUTS = [
    (name, index)
    for name in dict.fromkeys(WITH_DATA_FORMAT)
    for index in [i for i, case in enumerate(CASES[name]) if case.leaves_layout_open][:2]
]
