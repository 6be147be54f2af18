"""The samples of K101 to K110: the file itself."""

from __future__ import annotations

from sample import K2, K3, Sample, after

REAL = "get the real file"
NOTHING = "nothing: Keras does without"
ZIP_AGAIN = "fix: write the archive again with the three members at its root"

HEALTHY = {
    "healthy/not_a_model.keras": Sample("K101", "one Dense layer, compiled", K3),
    "healthy/wrong_extension.keras": Sample("K102", "one Dense layer, compiled", K3),
    "healthy/wrong_extension.h5": Sample("K102", "the same as HDF5", K3),
    "healthy/truncated_file.keras": Sample("K103", "one Dense layer, compiled", K3),
    "healthy/truncated_file.h5": Sample("K103", "the same as HDF5", K3),
    "healthy/missing_part.keras": Sample("K104", "Functional with two inputs", K3),
    "healthy/missing_part.h5": Sample("K104", "LSTM", K3),
    "healthy/unreadable_part.keras": Sample("K105", "a Sequential nested in a Functional", K3),
    "healthy/wrapped_archive.keras": Sample("K106", "Conv2D and BatchNormalization", K3),
    "healthy/wrapped_archive.h5": Sample("K106", "one Dense layer, compiled", K3),
    "healthy/irregular_members.keras": Sample("K107", "StringLookup with an adapted vocabulary under assets/", K3),
    "healthy/weights_only_file.keras": Sample("K108", "the whole model of which the sick files hold the weights", K3),
    "healthy/damaged_archive.keras": Sample("K109", "one Dense layer, compiled", K3),
    "healthy/other_format.keras": Sample("K110", "one Dense layer, compiled", K3),
}

NOT_A_MODEL = {
    "sick/not_a_model__lfs_pointer.keras": Sample("K101", "Git LFS pointer of 133 bytes", "text", "git lfs pull"),
    "sick/not_a_model__lfs_pointer.h5": Sample("K101", "Git LFS pointer of 133 bytes", "text", "git lfs pull"),
    "sick/not_a_model__html_page.h5": Sample("K101", "the sign-in page a download ended at", "text", REAL),
    "sick/not_a_model__empty.keras": Sample("K101", "no bytes at all", "nobody", REAL),
    "sick/not_a_model__zeroed.h5": Sample("K101", "4096 zero bytes", "nobody", REAL),
    "sick/not_a_model__pickle.h5": Sample("K101", "a pickle (of plain lists)", "pickle", REAL),
    "sick/not_a_model__image.keras": Sample("K101", "a PNG image", "zlib", REAL),
    "sick/not_a_model__text.keras": Sample("K101", "Python source", "text", REAL),
    "sick/not_a_model__json.h5": Sample("K101", "the JSON answer of a server: not found", "json", REAL),
    "sick/not_a_model__text_mode.h5": Sample(
        "K101", "HDF5 sent in text mode: every LF became CRLF", after(K3), "transfer again in binary mode", "healthy/wrong_extension.h5"
    ),
}

WRONG_EXTENSION = {
    "sick/wrong_extension__zip_named_h5.h5": Sample("K102", "a .keras archive under an .h5 name", K3, "fix: the right extension"),
    "sick/wrong_extension__hdf5_named_keras.keras": Sample("K102", "HDF5 under a .keras name", K3, "fix: the right extension, or convert"),
}

TRUNCATED = {
    "sick/truncated_file__no_directory.keras": Sample(
        "K103", "members whole, central directory cut off", after(K3), "fix: rebuild the directory"
    ),
    "sick/truncated_file__half.keras": Sample("K103", "second half missing", after(K3), "get the whole file; --unsafe salvages"),
    "sick/truncated_file__half.h5": Sample("K103", "second half missing", after(K3), "get the whole file; --unsafe salvages"),
    "sick/truncated_file__weights_cut.keras": Sample(
        "K103", "a good archive around half a model.weights.h5", after(K3), "get the whole file"
    ),
}

MISSING = {
    "sick/missing_part__no_config.keras": Sample("K104", "no config.json", after(K3), "the architecture, from its code"),
    "sick/missing_part__no_metadata.keras": Sample("K104", "no metadata.json", after(K3), NOTHING),
    "sick/missing_part__no_weights.keras": Sample("K104", "no model.weights.h5", after(K3), "the weights"),
    "sick/missing_part__no_model_config.h5": Sample(
        "K104", "no model_config, everything else there", after(K3), "the architecture, from its code"
    ),
    "sick/missing_part__no_keras_version.h5": Sample("K104", "no keras_version", after(K3), NOTHING),
    "sick/missing_part__no_backend.h5": Sample("K104", "no backend", after(K3), NOTHING),
    "sick/missing_part__no_layer_names.h5": Sample(
        "K104", "no layer_names in model_weights", after(K3), "fix: list the groups in the config's order"
    ),
}

UNREADABLE = {
    "sick/unreadable_part__bom.keras": Sample("K105", "config.json starts with a byte order mark", after(K3), "fix: plain UTF-8"),
    "sick/unreadable_part__utf_16.keras": Sample("K105", "config.json in UTF-16", after(K3), "fix: plain UTF-8"),
    "sick/unreadable_part__trailing_comma.keras": Sample("K105", "a comma before the last brace", after(K3), "fix: drop it"),
    "sick/unreadable_part__trailing_comma.h5": Sample(
        "K105", "a comma before the last brace of model_config", after(K3), "fix: drop it", "healthy/truncated_file.h5"
    ),
    "sick/unreadable_part__nan.keras": Sample("K105", "NaN, which is no JSON, as the optimizer's clipvalue", after(K3), NOTHING),
    "sick/unreadable_part__empty.keras": Sample("K105", "config.json is empty", after(K3), "the architecture, from its code"),
    "sick/unreadable_part__cut.keras": Sample("K105", "config.json ends in its middle", after(K3), "the architecture, from its code"),
    "sick/unreadable_part__metadata.keras": Sample("K105", "a comma before metadata.json's last brace", after(K3), "fix: drop it"),
}

WRAPPED = {
    "sick/wrapped_archive__top_folder.keras": Sample("K106", "all members under my_model/", after(K3), ZIP_AGAIN),
    "sick/wrapped_archive__dot_folder.keras": Sample("K106", "every name starts with ./", after(K3), ZIP_AGAIN),
    "sick/wrapped_archive__macos.keras": Sample("K106", "all members under my_model/, with __MACOSX files", after(K3), ZIP_AGAIN),
    "sick/wrapped_archive__zip_in_zip.keras": Sample("K106", "the archive zipped once more", after(K3), "fix: unwrap"),
    "sick/wrapped_archive__gzip.h5": Sample("K106", "gzip around HDF5", after(K3), "fix: unwrap"),
}

IRREGULAR = {
    "sick/irregular_members__backslashes.keras": Sample("K107", "a top folder, and backslashes in the names", after(K3), ZIP_AGAIN),
    "sick/irregular_members__backslashes_in_assets.keras": Sample(
        "K107", "backslashes in the assets' names: the vocabulary is not found", after(K3), ZIP_AGAIN
    ),
    "sick/irregular_members__absolute_names.keras": Sample("K107", "every name starts with a slash", after(K3), ZIP_AGAIN),
    "sick/irregular_members__duplicates.keras": Sample("K107", "config.json twice, the same", after(K3), "fix: keep one"),
    "sick/irregular_members__differing_duplicates.keras": Sample(
        "K107", "config.json twice, the second with 5 units", after(K3), "choose one"
    ),
    "sick/irregular_members__stray_files.keras": Sample("K107", ".DS_Store, Thumbs.db and notes.txt", after(K3), "fix: drop them"),
}

WEIGHTS_ONLY = {
    "sick/weights_only_file.weights.h5": Sample("K108", "save_weights of Keras 3", K3, "the architecture, from its code"),
    "sick/weights_only_file__keras_2.h5": Sample("K108", "save_weights in the old layout", K2, "the architecture, from its code"),
}

DAMAGED = {
    "sick/damaged_archive__checksum.keras": Sample(
        "K109", "one bit of a kernel value flipped: CRC mismatch", after(K3), "get the file again"
    ),
    "sick/damaged_archive__bytes_before.keras": Sample("K109", "an HTTP header in front", after(K3), "fix: drop it"),
    "sick/damaged_archive__bytes_after.keras": Sample("K109", "a MIME boundary behind", after(K3), "fix: drop it"),
}

OTHER_FORMAT = {
    "sick/other_format__saved_model": Sample("K110", "TensorFlow SavedModel folder", K2, "TFSMLayer, or save as .keras where it was made"),
    "sick/other_format__checkpoint": Sample(
        "K110", "TensorFlow checkpoint: weights only", K2, "load_weights in Keras 2, then save as .keras"
    ),
    "sick/other_format__tflite.tflite": Sample("K110", "TensorFlow Lite model", K2, "the Keras file it was made from"),
    "sick/other_format__onnx.onnx": Sample("K110", "ONNX model", "onnx 1.23.2", "the Keras file it was made from"),
    "sick/other_format__model_json.json": Sample("K110", "to_json: architecture without weights", K3, "model_from_json, then load_weights"),
}

FILES = {
    name: sample
    for group in (
        HEALTHY,
        NOT_A_MODEL,
        WRONG_EXTENSION,
        TRUNCATED,
        MISSING,
        UNREADABLE,
        WRAPPED,
        IRREGULAR,
        WEIGHTS_ONLY,
        DAMAGED,
        OTHER_FORMAT,
    )
    for name, sample in group.items()
}
