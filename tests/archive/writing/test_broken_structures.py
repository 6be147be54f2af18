"""Files whose numbers are all there, in structures that libhdf5 does not open: what is written has every one of them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from kdoctor.cli.app import app

LEGACY = Path(__file__).parents[3] / "sample_models" / "healthy" / "missing_part.h5"


def arrays(path: Path) -> dict[str, np.ndarray]:
    """All that can be opened; of a broken group this raises."""
    found: dict[str, np.ndarray] = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.__setitem__(name, item[()]) if isinstance(item, h5py.Dataset) else None)
    return found


def spoiled(path: Path, signature: bytes, offset: int, value: int) -> Path:
    """A copy in which a byte behind the last such signature has another value."""
    data = bytearray(LEGACY.read_bytes())
    data[data.rindex(signature) + offset] = value
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("signature", "offset", "value"), [(b"HEAP", 17, 7), (b"SNOD", 24, 9)])
def test_every_array_is_taken_by_its_bytes(tmp_path: Path, signature: bytes, offset: int, value: int) -> None:
    sick, out = spoiled(tmp_path / "sick.h5", signature, offset, value), tmp_path / "out.h5"
    with pytest.raises((RuntimeError, KeyError, OSError)):
        arrays(sick)
    ended = CliRunner().invoke(app, ["fix", "--partial", str(sick), "-o", str(out)])
    assert "none of them the model's own" in " ".join(ended.stdout.split())  # the training state is left out of whatever is damaged
    assert sick.read_bytes() != LEGACY.read_bytes()
    before = {name: array for name, array in arrays(LEGACY).items() if name.startswith("model_weights")}
    after = arrays(out)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert CliRunner().invoke(app, ["inspect", str(out)]).exit_code == 0


def test_without_asking_for_what_survives_nothing_is_written(tmp_path: Path) -> None:
    sick = spoiled(tmp_path / "sick.h5", b"HEAP", 17, 7)
    ended = CliRunner().invoke(app, ["fix", str(sick), "-o", str(tmp_path / "out.h5")])
    assert ended.exit_code == 1
    assert not (tmp_path / "out.h5").exists()
