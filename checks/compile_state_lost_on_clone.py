from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import ABSENT, Document, Format
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.training.wrapping import IF_CLASSES, SINGLE, Wrapper, has_wrappers, is_compiled, keeps_training_state, wrapper_of

MODELS = (Format.KERAS_ZIP, Format.KERAS_DIR, Format.H5_MODEL)
REFUSES = "RuntimeError: Given model needs to be compiled, and have a loss and an optimizer."
ADVICE = Repair("give the wrapper a function that builds the model: kdoctor code FILE --sklearn > build_model.py", safety=Safety.ADVICE)
BELOW = Repair(
    "keep the trained model, and let its predictions be the features of a scikit-learn model: FunctionTransformer", safety=Safety.ADVICE
)


@check("K505", Severity.INFO, since="0.1.0")
def compile_state_lost_on_clone(document: Document, target: Target) -> Iterator[Finding]:
    """What scikit-learn's wrappers keep of this model; asked for by ``--for sklearn`` alone.

    ``keras.wrappers.SKLearnClassifier``, ``SKLearnRegressor`` and ``SKLearnTransformer`` came with Keras 3.8. Their ``fit`` never trains the
    model that they are given but ``keras.models.clone_model`` of it, which has the same layers and **new weights**: what the file has
    learned is lost, with ``warm_start=True`` too, which no release reads. In 3.8 the clone is not compiled either, so that no model can be
    given at all; since 3.9 it is compiled as the model was. A model that was saved without ``compile`` is refused by every release:
    "Given model needs to be compiled, and have a loss and an optimizer." ``sklearn.base.clone``, and so ``GridSearchCV``, forgets
    ``fit_kwargs``: pass ``epochs`` to ``fit``.

    What works in every release is a function in the model's place: ``kdoctor code FILE --sklearn > build_model.py`` writes one, and
    ``SKLearnClassifier(build_model, model_kwargs={"loss": …, "optimizer": …, "weights": FILE})`` calls it at each fit, with the file's weights
    where these are asked for. There is no cure in the file.

    Within ``fit`` scikit-learn checks what it is given: X is a table, and y one column. So none takes a model of images ("Found array with dim 4"), nor
    SKLearnRegressor one of several numbers ("y should be a 1d array"), whichever way it is given. SKLearnClassifier needs a unit for each
    class, two for two, and a loss that is not sparse; one unit for two classes is for SKLearnRegressor, with a y of 0 and 1.
    """
    if target.purpose != "sklearn" or document.format not in MODELS or document.config is ABSENT:
        return
    wrapper = wrapper_of(document)
    message, refused = _said(document, target, wrapper)
    message += f"; {SINGLE}" if wrapper.single and has_wrappers(target) else ""
    at = Pointer("config") if document.training is ABSENT else Pointer("training")
    advice = BELOW if wrapper.hindrances else ADVICE
    yield Finding(at, message, repair=advice if has_wrappers(target) else None, keras_says=REFUSES if refused else None)


def _said(document: Document, target: Target, wrapper: Wrapper) -> tuple[str, bool]:
    """Which call works with the model as the target loads it, and whether the wrapper refuses the model itself."""
    if not has_wrappers(target):
        return f"{target} has no keras.wrappers for scikit-learn: they came with Keras 3.8", False
    if wrapper.hindrances:
        return f"{wrapper.name} of {target} does not take this model: {'; '.join(wrapper.hindrances)}", False
    build = f"{wrapper.name}(build_model, model_kwargs=…)"
    if not is_compiled(document):
        doubt = f", {IF_CLASSES}" if wrapper.guessed else ""
        return f"{wrapper.name}(model) is refused: the model is not compiled; compile it first, or use {build}{doubt}", True
    if not keeps_training_state(target):
        return f"{wrapper.name}(model) is refused: the clone that {target} trains is not compiled, though the model is; use {build}", True
    if wrapper.refits:
        why = f"its loss is sparse, and {wrapper.name} turns y into one column a class"
        return f"{wrapper.name}(model) is refused: {why}; use {build} with another loss", False
    works = "fit works with what load_model returns (where the file needs it, after kdoctor fix)"
    return f"{wrapper.name}(model).{works}, and trains a clone with new weights: those of the file are lost; {build} keeps them", False
