"""What every sample is: its check, what is wrong with it, who saved it, what cures it. The README's table and expected.json come from here."""

from __future__ import annotations

from catalogue_contents import CONTENTS
from catalogue_files import FILES
from catalogue_models import MODELS
from sample import Sample

SAMPLES: dict[str, Sample] = {**FILES, **MODELS, **CONTENTS}
