"""The words for what bytes do wrong: the contract between the reader, the checks and the writer.

A reader notes a `Fault` of one of these kinds and goes on as far as it can: a tolerant reading of the part stands in the document
beside the fault. A check turns faults into findings. A repair that removes a fault asks the writer for the canonical form, and the
draft is read back to see that the fault is really gone.
"""

from __future__ import annotations

from enum import Enum


class FaultKind(str, Enum):
    """Each kind with the keys of its ``detail``. Sizes, counts and offsets are in bytes unless said otherwise."""

    # what the content is, when it is no Keras model
    # content: lfs-pointer, html, google-drive-page, empty, zeroed, pickle, image, text, json, hdf5-data, zip, unknown …; head: printable
    # first characters; oid, size: what a Git LFS pointer promises
    NOT_A_MODEL = "not-a-model"
    TEXT_MODE = "text-mode"  # content: hdf5 or zip, whose signature shows newline conversion
    OTHER_FORMAT = (
        "other-format"  # content: saved-model, tflite, onnx, tf-checkpoint, model-json, model-config, tfjs, pytorch, safetensors, npz …
    )

    # the container
    WRONG_EXTENSION = "wrong-extension"  # extension, right: with the dot; content: folder where one has the name of an archive
    # content: hdf5 or zip; present, expected (or null); complete: every part was recovered all the same; lost: names;
    # misled: the directory of a zip is there, and points beside its members; within: bytes before the end are missing
    TRUNCATED = "truncated"
    PACKED_PART = "packed-part"  # name: of the member that is packed with gzip inside the archive; size: unpacked
    WRAPPED = "wrapped"  # how: folder, zip, tar, gzip, bzip2 or xz; name: of the folder or of the inner member
    # name: config.json, metadata.json, model.weights.h5, or the HDF5 attribute or group keras_version, backend, layer_names,
    # weight_names, model_weights, model_config; group: where the attribute should stand
    MISSING_PART = "missing-part"
    BACKSLASH_NAMES = "backslash-names"  # names
    DUPLICATE_MEMBER = "duplicate-member"  # name, count, identical: equal by size and CRC
    MISPLACED = "misplaced-part"  # names: parts in a folder beside the others, or under another name -> where Keras looks for them
    COLLIDING_NAMES = "colliding-names"  # names: members that overwrite a part of the model on some file systems -> that part
    STRAY_MEMBERS = "stray-members"  # names: entries that are no part of a Keras archive
    # names: parts of the model under absolute or climbing names, names with control characters, members with two names; why: name -> which
    IRREGULAR_NAMES = "irregular-names"
    PATH_TRAVERSAL = "path-traversal"  # names of no part of the model: climbing (".."), absolute, with a drive, links; why: name -> which
    CRC_MISMATCH = "crc-mismatch"  # name, expected, found
    UNREADABLE_MEMBER = "unreadable-member"  # name, why: encrypted, method, deflate stream, header disagrees with the directory
    LEADING_BYTES = "leading-bytes"  # count, head; content: hdf5 where HDF5 begins at a place that it does not allow
    TRAILING_BYTES = "trailing-bytes"  # count; hide: whether Python's zipfile does not find the end of the archive for them
    TWO_DIRECTORIES = "two-directories"  # place: where some readers find another end record, and so another directory
    POLYGLOT = "polyglot"  # contents: of one file that is several (zip, hdf5), read: the one whose content stands in the document
    USER_BLOCK = "user-block"  # count: bytes before the HDF5 content, head, blank: whether all of the looked-at ones are zero

    # a JSON part (`Fault.part` says which)
    JSON_BOM = "json-bom"
    JSON_ENCODING = "json-encoding"  # encoding: utf-16-le | ...
    JSON_CONSTANT = "json-constant"  # count, first: NaN | Infinity | -Infinity, line
    JSON_TRAILING_COMMA = "json-trailing-comma"  # line, column (1-based): read as if it were not there
    # the root is a text that holds the JSON, and is read as what it holds; how: encoded twice (not said), python: Python's text of a dict
    # or of bytes, list: in an array of one, padded: zero bytes behind it, closed: surplus brackets behind it
    JSON_IN_TEXT = "json-in-text"
    JSON_DUPLICATE_KEYS = "json-duplicate-keys"  # keys, count
    JSON_MALFORMED = "json-malformed"  # line, column, why, empty: nothing could be read

    # HDF5
    HDF5_UNREADABLE = "hdf5-unreadable"  # why, group: the structure there could not be read
    HDF5_UNCLOSED = "hdf5-unclosed"  # settled: it ends where it says, and all of it can be read: the writer wrote out everything it had
    HDF5_LINK = "hdf5-link"  # name, link: soft | external; to; file
    HDF5_EXTERNAL_STORAGE = "hdf5-external-storage"  # name, files
    HDF5_FILTER = "hdf5-filter"  # name, filters: numbers of those that h5py does not have
    HDF5_VIRTUAL = "hdf5-virtual"  # name
    # name, what: attribute or link, group: two of one name, of which readers take different ones; path: a link whose name is a path to another
    HDF5_SAME_NAME = "hdf5-same-name"
    # file, names: arrays of Python objects, which NumPy stores as pickles; whole: the file is no archive, and a pickle to NumPy
    OBJECT_ARRAY = "object-array"
    SHAPE_BOMB = "shape-bomb"  # name, shape, declared, stored: arrays that declare far more than the file holds (name: the largest)

    # the numbers themselves, where somebody looked at them
    NON_FINITE = "non-finite"  # name: path of the array; count: of NaN and infinity; of: all its numbers; glance: seen without being asked

    # weights split over several files
    MISSING_SHARD = (
        "missing-shard"  # name; there: it is, and lacks groups; groups: that should be in it; perhaps: files beside it with just these
    )
    UNMAPPED_GROUPS = "unmapped-groups"  # groups: that the map leaves out -> the shards that hold them; sure: they belong to the weights
    RENAMED_SHARD = "renamed-shard"  # name: in the map; file: that holds exactly its groups
    # name: of the map; opened: a file that Keras looks for; right: the name to give it; beside: names in the map, and the files that are there instead
    RENAMED_MAP = "renamed-map"

    # bounds of untrusted input
    LIMIT = "limit"  # limit: field of Limits, allowed, found: reading stopped there


# What keeps a file from being known whole.
UNREAD = (
    FaultKind.TRUNCATED, FaultKind.HDF5_UNREADABLE, FaultKind.UNREADABLE_MEMBER, FaultKind.JSON_MALFORMED, FaultKind.LIMIT,
    FaultKind.NOT_A_MODEL, FaultKind.OTHER_FORMAT, FaultKind.MISSING_SHARD,
)  # fmt: skip
