"""Operations of TensorFlow that touch what is outside of the program: files, the network, Python, other processes.

Made on 2026-11-21 from the operations of TensorFlow 2.21 (all that take a file name, a path, a folder, a host or a URL, or run Python),
and TensorFlow's SECURITY.md; names of the same families in older releases are covered by the patterns.
"""

from __future__ import annotations

import re
from typing import Final

# A SavedModel's own checkpoint is written and read with these; they are allowed in the functions made for that alone.
SAVER: Final = frozenset({"SaveV2", "RestoreV2", "MergeV2Checkpoints"})
# Fill a table from a file: allowed where the module brings files of its own.
TABLE_FILES: Final = frozenset({"InitializeTableFromTextFile", "InitializeTableFromTextFileV2"})

OUTSIDE: Final = frozenset(
    """
    ReadFile WriteFile MatchingFiles PyFunc PyFuncStateless EagerPyFunc PrintV2 ImmutableConst RecordInput
    Save SaveSlices Restore RestoreSlice DistributedSave LoadAndRemapMatrix GenerateVocabRemapping FixedUnigramCandidateSampler
    DecodeProtoV2 EncodeProto RemoteCall RemoteFusedGraphExecute Rpc TryRpc
    CSVDataset CSVDatasetV2 CacheDataset CacheDatasetV2 FixedLengthRecordDataset FixedLengthRecordDatasetV2 LMDBDataset LoadDataset
    SaveDataset SaveDatasetV2 SqlDataset TFRecordDataset TFRecordDatasetV2 TextLineDataset DatasetToTFRecord RegisterDataset
    RegisterDatasetV2 SnapshotDataset SnapshotDatasetV2 SnapshotDatasetReader SnapshotNestedDatasetReader SnapshotChunkDataset
    ListSnapshotChunksDataset DebugIdentity DebugIdentityV2 DebugIdentityV3 DebugNanCount DebugNumericSummary
    CreateSummaryFileWriter CreateSummaryDbWriter SummaryWriter WriteSummary WriteGraphSummary WriteRawProtoSummary
    FileSystemSetConfiguration
    """.split()  # noqa: SIM905 (a table of names)
) | SAVER  # fmt: skip
FAMILIES: Final = re.compile(
    r".*Py(Func|Call).*|.*(TextLine|WholeFile|FixedLengthRecord|TFRecord|LMDB|BigQuery|BigQueryTable)Reader(V2)?"
    r"|Experimental(CSV|LMDB|Sql)Dataset|ExperimentalDatasetToTFRecord|DataServiceDataset(V\d+)?|.*(Kafka|Bigtable|Parquet|Avro|Pubsub|Grpc).*"
)

SQUASHED: Final = frozenset(operation.lower() for operation in OUTSIDE)
ANY_CASE: Final = re.compile(FAMILIES.pattern, re.IGNORECASE)


def is_outside(name: str) -> bool:
    """Whether a function of TensorFlow is named like such an operation: ``debug_identity_v2``."""
    squashed = name.replace("_", "").lower()
    return squashed in SQUASHED or ANY_CASE.fullmatch(squashed) is not None


def touches_outside(operation: str) -> bool:
    return operation in OUTSIDE or FAMILIES.fullmatch(operation) is not None
