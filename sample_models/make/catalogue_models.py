"""The samples of K201 to K501: shapes, custom objects, Lambda layers, training state."""

from __future__ import annotations

from sample import K1, K2, K2_9, K3, Sample, after

COMPILED = "healthy/not_compiled__keras_2.h5"
PLAIN_TWIN = "healthy/input_shape_conflict__plain.keras"
THE_CODE = "fix --custom FILE.py with the class"
TRANSLATE = "fix: the same as Keras operations"
DENSE_BUILD = "fix: drop the layer's build config; the kernel agrees with the InputLayer"

HEALTHY = {
    "healthy/input_shape_conflict.keras": Sample("K201", "TimeDistributed(Pipeline) on video frames, then Dense; cannot be traced", K3),
    "healthy/input_shape_conflict__plain.keras": Sample("K201", "one Dense layer, compiled", K3),
    "healthy/input_shape_conflict.h5": Sample("K201", "the same as HDF5", K3),
    "healthy/input_shape_conflict__list_against_tuple.keras": Sample(
        "K201", "TimeDistributed(Discretization), which 3.0.5 cannot trace", "Keras 3.0.5"
    ),
    "healthy/input_shape_conflict__keras_2.h5": Sample("K201", "the InputLayer before a Dense with its own batch_input_shape", K2),
    "healthy/input_shape_missing.keras": Sample("K202", "one Dense layer behind an Input", K3),
    "healthy/unresolved_object.keras": Sample("K301", "Rescaling where the sick files have a custom Scale", K3),
    "healthy/hub_layer.keras": Sample("K302", "Dense where the sick files have the hub module", K3),
    "healthy/lambda_code.keras": Sample("K401", "Rescaling in the Lambda's place", K3),
    "healthy/lambda_code__activation.keras": Sample("K401", "Rescaling behind the layer, which has no activation", K3),
    "healthy/lambda_reads_global.keras": Sample("K402", "Cropping1D in the Lambda's place", K3),
    "healthy/lambda_reads_global__module_alias.keras": Sample("K402", "Rescaling and ReLU in the Lambda's place", K3),
    "healthy/lambda_closure.keras": Sample("K403", "Rescaling in the Lambda's place", K3),
    "healthy/lambda_closure__array.keras": Sample("K403", "Rescaling by a vector in the Lambda's place", K3),
    "healthy/not_compiled.keras": Sample("K501", "compiled and fitted", K3),
    "healthy/not_compiled.h5": Sample("K501", "the same as HDF5", K3),
    "healthy/not_compiled__keras_2.h5": Sample("K501", "compiled", K2),
    "healthy/not_compiled__keras_3_9.keras": Sample("K501", "Dense and Dropout, compiled", "Keras 3.9.2"),
}

SHAPES = {
    "sick/input_shape_conflict.keras": Sample(
        "K201", "build_input_shape fixes a batch of 32, the InputLayer leaves it open", after(K3), "fix: drop the build shape"
    ),
    "sick/input_shape_conflict__two_input_layers.keras": Sample(
        "K201", "the InputLayer twice, same shape", after(K3), "fix: drop the second", PLAIN_TWIN
    ),
    "sick/input_shape_conflict__two_input_layers.h5": Sample("K201", "the InputLayer twice, same shape", after(K3), "fix: drop the second"),
    "sick/input_shape_conflict__both_keys.keras": Sample(
        "K201", "the InputLayer has batch_shape and shape, which agree", after(K3), "fix: drop shape", PLAIN_TWIN
    ),
    "sick/input_shape_conflict__layer_build_config.keras": Sample(
        "K201", "Dense says it was built for 7 features; InputLayer and kernel say 4", after(K3), DENSE_BUILD, PLAIN_TWIN
    ),
    "sick/input_shape_conflict__unlike_weights.keras": Sample(
        "K201", "the InputLayer says 7 features; build configs and kernel say 4", after(K3), "fix: the shape the kernel tells", PLAIN_TWIN
    ),
    "sick/input_shape_conflict__list_against_tuple.keras": Sample(
        "K201",
        "build_input_shape repeats the InputLayer's shape; Keras 3.0.5 compares list with tuple",
        after("Keras 3.0.5"),
        "fix --target keras==3.0.5: drop the build shape",
    ),
    "sick/input_shape_conflict__keras_2.h5": Sample(
        "K201",
        "the InputLayer comes after a Dense with its own batch_input_shape",
        after(K2),
        "fix: put it first and drop batch_input_shape",
    ),
    "sick/input_shape_missing.keras": Sample(
        "K202", "saved before it was built: no shape, no weights", K3, "(shape); there are no weights to restore"
    ),
    "sick/input_shape_missing.h5": Sample(
        "K202", "saved before it was built: no shape, no weights", K3, "(shape); there are no weights to restore"
    ),
    "sick/input_shape_missing__weights_tell.keras": Sample(
        "K202", "no shape anywhere, but the kernel is there", after(K3), "fix: the shape the kernel tells"
    ),
}

CUSTOM = {
    "sick/unresolved_object.keras": Sample("K301", "custom layer Scale of module train", K3, THE_CODE),
    "sick/unresolved_object.h5": Sample("K301", "custom layer Scale", K3, THE_CODE),
    "sick/unresolved_object__registered.keras": Sample("K301", "custom layer registered as my_package>Scale", K3, THE_CODE),
    "sick/unresolved_object__keras_2.keras": Sample("K301", "custom layer Scale of module train", K2, THE_CODE),
    "sick/unresolved_object__keras_2.h5": Sample("K301", "custom layer Scale", K2, THE_CODE),
    "sick/missing_constructor_arguments.h5": Sample(
        "K304",
        "custom layer Projection, whose number of units was lost",
        after(K2),
        "fix --custom FILE.py, which the weights complete",
        COMPILED,
    ),
    "sick/package_needed.keras": Sample(
        "K305", "a class of keras-self-attention", after(K3), "the package, which is for Keras 2", "healthy/not_a_model.keras"
    ),
    "sick/hub_layer.h5": Sample(
        "K302",
        "tensorflow_hub.KerasLayer; the module is in hub_modules/tiny",
        K2,
        "fix --custom hub, and kdoctor.hub.trust before it is loaded",
    ),
    "sick/hub_layer.keras": Sample(
        "K302",
        "tensorflow_hub.KerasLayer; the module is in hub_modules/tiny",
        K2,
        "fix --custom hub, and kdoctor.hub.trust before it is loaded",
    ),
}

CODE_TWIN = "healthy/lambda_code.keras"
ACTIVATION_TWIN = "healthy/lambda_code__activation.keras"
CONSTANT = "lambda x: x / 255.0"
GLOBAL = "lambda x: x[:, -CONV_WIDTH:, :], and CONV_WIDTH (3) is not in the file"
CLOSURE = "lambda x: x * factor, closed over factor = 0.5"
ARRAY = "lambda x: x * factor, closed over the array [0.5, 2.0]"
BIND = "--bind CONV_WIDTH=3"

LAMBDAS = {
    "sick/lambda_code.keras": Sample("K401", CONSTANT, K3, TRANSLATE),
    "sick/lambda_code.h5": Sample("K401", CONSTANT, K3, TRANSLATE),
    "sick/lambda_code__keras_2.keras": Sample("K401", CONSTANT, K2, TRANSLATE),
    "sick/lambda_code__keras_2.h5": Sample("K401", CONSTANT, K2, TRANSLATE),
    "sick/lambda_code__activation.keras": Sample("K401", CONSTANT + ", as the activation of a Dense", K3, TRANSLATE),
    "sick/lambda_code__activation__keras_2.h5": Sample("K401", CONSTANT + ", as the activation of a Dense", K2, TRANSLATE, ACTIVATION_TWIN),
    "sick/lambda_code__named_def__keras_2.h5": Sample("K401", "def pixel_range(x): return x / 255.0, stored as bytecode", K2, TRANSLATE),
    "sick/lambda_code__keras_1.h5": Sample("K401", CONSTANT + ", as raw marshal text", K1, TRANSLATE),
    "sick/lambda_reads_global.keras": Sample("K402", GLOBAL, K3, BIND),
    "sick/lambda_reads_global.h5": Sample("K402", GLOBAL, K3, BIND),
    "sick/lambda_reads_global__module_alias.keras": Sample("K402", "lambda x: tf.nn.relu(x - 0.5)", K3, TRANSLATE),
    "sick/lambda_reads_global__keras_2.keras": Sample("K402", GLOBAL, K2, BIND),
    "sick/lambda_reads_global__keras_2.h5": Sample("K402", GLOBAL, K2, BIND),
    "sick/lambda_reads_global__keras_1.h5": Sample("K402", GLOBAL + ", as raw marshal text", K1, BIND),
    "sick/lambda_closure.keras": Sample("K403", CLOSURE, K3, TRANSLATE),
    "sick/lambda_closure.h5": Sample("K403", CLOSURE, K3, TRANSLATE),
    "sick/lambda_closure__array.keras": Sample("K403", ARRAY, K3, TRANSLATE),
    "sick/lambda_closure__keras_2.h5": Sample("K403", CLOSURE, K2, TRANSLATE),
    "sick/lambda_closure__array__keras_2.h5": Sample("K403", ARRAY, K2, TRANSLATE, "healthy/lambda_closure__array.keras"),
    "sick/lambda_python_mismatch__keras_2_9.h5": Sample("K404", CONSTANT, K2_9, TRANSLATE, CODE_TWIN),
    "sick/lambda_corrupt.keras": Sample("K405", CONSTANT + ", cut off after 60 bytes", after(K3), "the file as it was saved", CODE_TWIN),
    "sick/lambda_named_function.keras": Sample(
        "K406",
        "def pixel_range(x): return x / 255.0, of which only the name is stored",
        K3,
        "fix --custom FILE.py with the function",
        CODE_TWIN,
    ),
    "sick/lambda_reaches_system.keras": Sample(
        "K407", 'lambda x: x / 255.0 if __import__("os").environ else x', K3, "nobody: do not load it", CODE_TWIN
    ),
    "sick/lambda_shape_unknown.h5": Sample(
        "K408", "lambda x: tf.nn.relu(x - 0.5), without output_shape", K3, TRANSLATE, "healthy/lambda_reads_global__module_alias.keras"
    ),
}

COMPILE = "fix --compile optimizer=sgd,loss=mean_squared_error"

TRAINING = {
    "sick/not_compiled.keras": Sample("K501", "trained weights, no compile_config", K3, COMPILE),
    "sick/not_compiled.h5": Sample("K501", "trained weights, no training_config", K3, COMPILE),
    "sick/not_compiled__keras_2.h5": Sample("K501", "no training_config", K2, COMPILE),
}

MODELS = {name: sample for group in (HEALTHY, SHAPES, CUSTOM, LAMBDAS, TRAINING) for name, sample in group.items()}
