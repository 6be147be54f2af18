"""Layer classes that Keras once had and that Keras 3 has not, under any name.

Read on 2026-11-20 from the class definitions in ``keras/layers`` of Keras 1.2.2, 2.2.5 and 2.15.0 and of tf.keras 2.9, minus what
Keras 3.15.1 knows; classes that no file can name (mixins, benchmarks) left out.
"""

from __future__ import annotations

# A raw TensorFlow operation recorded as a layer by tf.keras.
OPERATION_LAYERS = frozenset({"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ClassMethod", "InstanceMethod", "InstanceProperty"})

KERAS_1 = frozenset(
    [
        "AtrousConvolution1D",
        "AtrousConvolution2D",
        "ConvRecurrent2D",
        "Deconvolution2D",
        "Highway",
        "MaxoutDense",
        "Merge",
        "ParametricSoftplus",
        "Recurrent",
        "SReLU",
        "TimeDistributedDense",
    ]
)
KERAS_2 = frozenset(
    [
        "AddLoss",
        "AddMetric",
        "ConvRNN2D",
        "CuDNNGRU",
        "CuDNNLSTM",
        "DenseFeatures",
        "LocallyConnected1D",
        "LocallyConnected2D",
        "RandomFourierFeatures",
        "SequenceFeatures",
        "SyncBatchNormalization",
    ]
)

RETIRED_LAYERS = OPERATION_LAYERS | KERAS_1 | KERAS_2
