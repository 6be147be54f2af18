"""The samples of K204 to K810: connections, names, functions, training state, releases, weights, safety."""

from __future__ import annotations

from sample import K1, K2, K2_2, K2_9, K2_13, K3, Sample, after

CHAIN, STACK, PLAIN = "healthy/broken_connection.keras", "healthy/duplicate_layer_name.keras", "healthy/not_a_model.keras"
PLAIN_2 = "healthy/not_compiled__keras_2.h5"
WHOLE_FILE = "the file as it was saved"
NOBODY = "nobody: do not load it"

HEALTHY = {
    CHAIN: Sample("K204", "two Dense layers, Functional, compiled", K3),
    "healthy/upstream_layers_included__keras_3_0.keras": Sample("K203", "the same with an input of its own", "Keras 3.0.5"),
    "healthy/input_order_changed__keras_3_6.keras": Sample("K611", "the inputs alpha and zeta, in that order", "Keras 3.6.0"),
    "healthy/half_written_file__keras_3_0.keras": Sample("K612", "a Bidirectional, whole", "Keras 3.0.5"),
    STACK: Sample("K205", "two Dense layers, Sequential, compiled", K3),
    "healthy/unknown_argument.keras": Sample("K601", "DepthwiseConv2D", K3),
    "healthy/unknown_class.keras": Sample("K602", "ReLU with a threshold", K3),
    "healthy/foreign_node_format__keywords.keras": Sample("K604", "MultiHeadAttention called with value=", K3),
    "healthy/wrong_input_count__states.keras": Sample("K208", "a decoder called with initial_state", K3),
    "healthy/foreign_dtype_policy.keras": Sample("K605", "Dense with the policy mixed_float16", K3),
    "healthy/changed_meaning.keras": Sample("K609", "LSTM with hard_sigmoid, the weights of its gates times 1.2", K3),
    "healthy/changed_meaning__axis.keras": Sample("K609", "Softmax over two axes", K3),
}

CONNECTIONS = {
    "sick/broken_connection.keras": Sample("K204", "scores takes its input from a layer that is not there", after(K3), WHOLE_FILE),
    "sick/upstream_layers_included__keras_3_0.keras": Sample(
        "K203", "made from an inner tensor, with the layers before it", "Keras 3.0.5", "fix: begin with an InputLayer"
    ),
    "sick/duplicate_layer_name.keras": Sample("K205", "both layers are named hidden", after(K3), "fix: rename the second"),
    "sick/duplicate_layer_name__repeated_entry.keras": Sample(
        "K205", "the entry of one layer stands twice", after(K3), "fix: drop the second", CHAIN
    ),
    "sick/layer_shape_mismatch.keras": Sample("K206", "ZeroPadding1D where there are no steps", after(K3), WHOLE_FILE, STACK),
    "sick/slash_in_layer_name__keras_2.keras": Sample("K207", "a layer named block/hidden", K2, "fix: block_hidden", CHAIN),
    "sick/slash_in_layer_name__keras_2.h5": Sample("K207", "a layer named block/hidden", K2, "fix: block_hidden", CHAIN),
    "sick/wrong_input_count.keras": Sample("K208", "a Dense is handed two tensors", after(K3), WHOLE_FILE, CHAIN),
    "sick/wrong_input_count__states__keras_2.keras": Sample(
        "K208",
        "a decoder is handed its first state in one list with its input",
        K2,
        "fix: initial_state",
        "healthy/wrong_input_count__states.keras",
    ),
    "sick/dangling_endpoint.keras": Sample("K209", "no input_layers", after(K3), "fix: the only InputLayer", CHAIN),
    "sick/dangling_endpoint__unknown_output.keras": Sample("K209", "the output is a layer that is not there", after(K3), WHOLE_FILE, CHAIN),
}

OBJECTS = {
    "sick/unresolved_function.keras": Sample(
        "K303", "activation ramp of module train; it leaves positive numbers as they are", K3, "the function", PLAIN
    ),
    "sick/unresolved_function.h5": Sample("K303", "activation ramp; it leaves positive numbers as they are", K3, "the function", PLAIN),
    "sick/moved_object__keras_2.keras": Sample("K306", "Functional of keras.src.engine.functional", K2, "fix: today's module", CHAIN),
    "sick/moved_object__tensorflow_keras.keras": Sample("K306", "Dense of tensorflow.keras.layers", after(K3), "fix: keras.layers", PLAIN),
    "sick/moved_object__registered_name.keras": Sample(
        "K306", "Dense of keras.layers is registered as Custom>Dense", after(K3), "fix: no registered name", PLAIN
    ),
}

TRAINING = {
    "sick/unresolved_loss_or_metric.h5": Sample("K502", "compiled with mse and mae", K3, "fix: the full names", PLAIN),
    "sick/unresolved_loss_or_metric__object__keras_2.h5": Sample(
        "K502", "a MeanSquaredError with fn and the reduction auto", K2, "fix: today's words", PLAIN
    ),
    "sick/retired_optimizer_argument__lr__keras_2_2.h5": Sample("K504", "Adam with lr", K2_2, "fix: learning_rate", PLAIN),
    "sick/retired_optimizer_argument__legacy__keras_2.keras": Sample(
        "K504", "Adam of keras.optimizers.legacy", K2, "fix: keras.optimizers", PLAIN
    ),
    "sick/optimizer_state_mismatch.keras": Sample(
        "K503", "state of one variable, where SGD keeps none", after(K3), "nothing: training starts afresh", "healthy/not_compiled.keras"
    ),
    "sick/incomplete_training_state.h5": Sample(
        "K507", "a training_config without loss_weights", after(K3), "fix: a null", "healthy/not_compiled.h5"
    ),
    "sick/custom_compile_object.keras": Sample("K506", "loss squared of module train", K3, "fix: no training state", PLAIN),
    "sick/custom_compile_object.h5": Sample("K506", "loss squared", K3, "fix: no training state", PLAIN),
}

ARGUMENTS = {
    "sick/unknown_argument__keras_2.h5": Sample("K601", "DepthwiseConv2D with groups 1", K2, "fix: drop it"),
    "sick/unknown_class__keras_2.keras": Sample("K602", "ThresholdedReLU", K2, "fix: ReLU with a threshold"),
    "sick/unknown_class__cudnn__keras_2_9.h5": Sample(
        "K602", "CuDNNLSTM", K2_9, "fix: LSTM, its weights laid out as it has them", "healthy/missing_part.h5"
    ),
    "sick/tensorflow_op_layer__keras_2.h5": Sample(
        "K603", "TFOpLambda: tf.math.multiply", K2, "fix: the same as Keras operations", "healthy/unresolved_object.keras"
    ),
    "sick/foreign_dtype_policy__keras_2.keras": Sample("K605", "a Policy object, mixed_float16", K2, "fix: DTypePolicy"),
    "sick/changed_meaning__hard_sigmoid__keras_2_2.h5": Sample(
        "K609", "LSTM with the hard_sigmoid of Keras 2", K2_2, "fix: weights times 1.2"
    ),
    "sick/changed_meaning__first_layer__keras_2_2.h5": Sample(
        "K609", "a first layer with batch_input_shape and no InputLayer", K2_2, "fix: an InputLayer", STACK
    ),
    "sick/changed_meaning__axis__keras_2.h5": Sample(
        "K609",
        "Softmax over a list of axes, which the reader of .h5 drops",
        K2,
        "fix: a .keras archive",
        "healthy/changed_meaning__axis.keras",
    ),
    "sick/input_order_changed__keras_3_6.keras": Sample(
        "K611", "the inputs zeta and alpha, in that order", "Keras 3.6.0", "feed a list", "healthy/input_order_changed__keras_3_6.keras"
    ),
    "sick/half_written_file__keras_3_0.h5": Sample(
        "K612", "the save crashed in a Bidirectional", "Keras 3.0.5", WHOLE_FILE, "healthy/half_written_file__keras_3_0.keras"
    ),
    "sick/malformed_config.keras": Sample("K614", "an initializer without class, an entry without name", after(K3), WHOLE_FILE, CHAIN),
    "sick/fails_at_call__keras_2.keras": Sample("K610", "steps_per_execution null", K2, "fix: 1", PLAIN),
}

LAYOUTS = {
    "sick/legacy_format.h5": Sample("K606", "an .h5: it works", K3, "convert: a .keras archive", "healthy/not_compiled.keras"),
    "sick/foreign_node_format__one_in_a_list__keras_2.keras": Sample(
        "K604", "a nested model in a Sequential; its one input stands in a list", K2, "fix: write it flat", STACK
    ),
    "sick/foreign_node_format__one_in_a_list__keras_2.h5": Sample(
        "K604", "a nested model in a Sequential; its one input stands in a list", K2, "fix: write it flat", STACK
    ),
    "sick/foreign_node_format__counted_from_one__keras_2.h5": Sample(
        "K604", "the call of a nested Sequential is number 1, not 0", K2, "fix: count from 0", STACK
    ),
    "sick/foreign_node_format__keywords__keras_2.h5": Sample(
        "K604",
        "MultiHeadAttention called with value=",
        K2,
        "fix: the call in Keras 3's form",
        "healthy/foreign_node_format__keywords.keras",
    ),
    "sick/foreign_weights_layout__attention__keras_2.keras": Sample(
        "K607", "projections as _query_dense", K2, "fix: move them", "healthy/foreign_node_format__keywords.keras"
    ),
    "sick/foreign_weights_layout__numbered__keras_2_13.keras": Sample(
        "K607", "the second Dense stands under another number", K2_13, "fix: move it", STACK
    ),
    "sick/foreign_weights_layout__not_listed.h5": Sample("K607", "no weight_names", after(K2), "fix: list them", PLAIN_2),
    "sick/keras_1_config__keras_1.h5": Sample("K608", "config is a bare list of layers", K1, "fix: name and layers", STACK),
    "sick/keras_1_config.h5": Sample("K608", "config is a bare list of layers", after(K2), "fix: name and layers", PLAIN_2),
}

WEIGHTS = {
    "sick/missing_weights.keras": Sample("K701", "the second layer's bias is gone", after(K3), WHOLE_FILE, CHAIN),
    "sick/missing_weights__not_listed.h5": Sample("K701", "layer_names is empty", after(K2), "fix: list the group", PLAIN_2),
    "sick/weights_shape_mismatch.keras": Sample("K702", "5 units, and the kernel of 2", after(K3), WHOLE_FILE, STACK),
    "sick/unclaimed_weights.keras": Sample(
        "K703", "the group of the second layer bears another name", after(K3), "fix: move it back", CHAIN
    ),
    "sick/non_finite_weights.keras": Sample("K704", "a bias is NaN (seen with --deep)", K3, "an earlier checkpoint", PLAIN),
    "sick/wrong_variable_count.keras": Sample(
        "K705", "two layers' groups stand in each other's place", after(K3), "fix: exchange them", STACK
    ),
    "sick/wrong_variable_count__too_many.keras": Sample("K705", "a third array for Dense", after(K3), WHOLE_FILE, PLAIN),
    "sick/wrong_variable_count__other_order.h5": Sample("K705", "bias before kernel in weight_names", after(K2), "fix: the order", PLAIN_2),
    "sick/missing_shard.keras": Sample("K706", "weights in two files, one of them left behind", after(K3), WHOLE_FILE, CHAIN),
    "sick/degenerate_weights.keras": Sample("K708", "a kernel of zeros (seen with --deep)", after(K3), "the weights as they were", CHAIN),
    "sick/overflow_in_half.keras": Sample(
        "K709", "a bias beyond float16 (seen with --deep)", after(K3), "another policy", "healthy/foreign_dtype_policy.keras"
    ),
    "sick/duplicate_weight_name.h5": Sample("K707", "the bias stands twice in weight_names", after(K2), "fix: list it once", PLAIN_2),
}

SAFETY = {
    "sick/foreign_module.keras": Sample("K801", "the activation is builtins.print", after(K3), NOBODY, PLAIN),
    "sick/non_modelling_function.keras": Sample("K802", "the activation is keras.utils.get_file", after(K3), NOBODY, PLAIN),
    "sick/external_file_reference.keras": Sample(
        "K803", "the vocabulary is to be read from words.txt", after(K3), "the words", "healthy/irregular_members.keras"
    ),
    "sick/hdf5_external_storage.h5": Sample("K804", "a kernel to be read from numbers.bin", after(K2), NOBODY, PLAIN_2),
    "sick/hdf5_external_storage__link.keras": Sample("K804", "a kernel is a link into another file", after(K3), NOBODY, PLAIN),
    "sick/archive_bomb.keras": Sample("K805", "config.json unpacks to 17 MiB, mostly blanks", after(K3), NOBODY, PLAIN),
    "sick/path_traversal.keras": Sample("K806", "a member ../../.bashrc", after(K3), "fix: leave it out", PLAIN),
    "sick/path_traversal__layer_name.keras": Sample("K806", "a layer called ../../dense", after(K3), "fix: rename it", PLAIN),
    "sick/shape_bomb.keras": Sample("K807", "a bias of 8 TB, of which nothing is stored", after(K3), NOBODY, PLAIN),
    "sick/shape_bomb__units.keras": Sample("K807", "a Dense of 10^12 units", after(K3), NOBODY, PLAIN),
    "sick/embedded_pickle.keras": Sample("K808", "TorchModuleWrapper with a pickle (of plain numbers)", after(K3), NOBODY, PLAIN),
    "sick/external_saved_model.keras": Sample("K809", "TFSMLayer of the SavedModel beside it", K3, "the SavedModel's Keras file", PLAIN),
    "sick/hostile_structure.keras": Sample("K810", "config.json nested 100,000 deep", after(K3), NOBODY, PLAIN),
    "sick/hostile_structure__same_key_twice.keras": Sample("K810", "units stands twice: 5, then 3", after(K3), NOBODY, PLAIN),
}

DEPLOYMENT = {
    "sick/fixed_batch_size.keras": Sample("K901", "batches of two alone (seen with --for serving)", after(K3), "build it anew", PLAIN),
    "sick/channels_first.keras": Sample(
        "K902", "a pooling with channels first (seen with --for tflite)", after(K3), "build it anew", "healthy/unknown_argument.keras"
    ),
    "sick/unservable_input.keras": Sample("K903", "a sparse input (seen with --for serving)", after(K3), "build it anew", PLAIN),
    "sick/missing_serving_signature": Sample(
        "K905",
        "a SavedModel whose signature is called predict_classes (seen with --for serving)",
        after(K2),
        "export it with its signature",
        "healthy/other_format.keras",
    ),
    "sick/unconvertible_layer.keras": Sample("K904", "an Identity layer (seen with --for tfjs)", after(K3), "build it anew", PLAIN),
}

CONTENTS = {
    name: sample
    for group in (HEALTHY, CONNECTIONS, OBJECTS, TRAINING, ARGUMENTS, LAYOUTS, WEIGHTS, SAFETY, DEPLOYMENT)
    for name, sample in group.items()
}
