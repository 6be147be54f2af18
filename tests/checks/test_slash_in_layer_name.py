"""K207: a slash in a layer's name."""

from __future__ import annotations

from graphs import after, cured, functional, start

from kdoctor.testing import document, examine, layer, model, sequential


def test_the_slash_becomes_an_underscore_in_the_name_and_wherever_it_is_used() -> None:
    sick = document(functional(start("a/b"), after(layer("Dense", name="c/d"), "a/b"), inputs=(("a/b", 0, 0),), outputs=(("c/d", 0, 0),)))
    (finding,) = examine("K207", sick)
    assert (finding.message, finding.layer) == ("the layer name 'a/b' and 1 more holds a slash", "a/b")
    assert str(finding.keras_says).endswith("Received: name=a/b")
    healed = cured(sick, finding)
    config = healed.config["config"]
    assert [(item["name"], item["config"]["name"]) for item in config["layers"]] == [("a_b", "a_b"), ("c_d", "c_d")]
    assert config["layers"][1]["inbound_nodes"] == [[["a_b", 0, 0, {}]]]
    assert (config["input_layers"], config["output_layers"]) == ([["a_b", 0, 0]], [["c_d", 0, 0]])
    assert examine("K207", healed) == []


def test_the_new_name_is_taken_by_no_other_layer_and_by_no_other_slash() -> None:
    sick = model(layer("Dense", name="a_b"), layer("Dense", name="a/b"))
    (finding,) = examine("K207", sick)
    assert [item["config"]["name"] for item in cured(sick, finding).config["config"]["layers"]] == ["a_b", "a_b_1"]


def test_two_slashed_names_never_become_one() -> None:
    sick = model(layer("Dense", name="a/b_c"), layer("Dense", name="a_b/c"))
    (finding,) = examine("K207", sick)
    names = [item["config"]["name"] for item in cured(sick, finding).config["config"]["layers"]]
    assert len({*names}) == 2
    assert not any("/" in name for name in names)


def test_every_nested_model_is_a_finding_of_its_own() -> None:
    inner = sequential(layer("Dense", name="x/y"), name="inner")
    (finding,) = examine("K207", document(sequential(inner, layer("Dense", name="z"))))
    assert finding.at.json == "/config/layers/0/config/layers/0/config/name"


def test_the_model_itself_and_a_wrapped_layer_are_renamed_too() -> None:
    held = layer("LSTM", name="bi/lstm", units=2)
    sick = document(sequential(layer("Bidirectional", name="bi", layer=held), name="net/1"))
    model_name, wrapped = examine("K207", sick)
    assert model_name.message == "the model's name 'net/1' holds a slash"
    assert wrapped.message == "the wrapped layer's name 'bi/lstm' holds a slash"
    assert examine("K207", cured(cured(sick, model_name), wrapped)) == []


def test_cells_and_the_layers_of_a_wrapped_model_are_renamed_too() -> None:
    cells = layer("StackedRNNCells", name="stacked", cells=[layer("LSTMCell", name="a/cell", units=2), layer("GRUCell", units=2)])
    inner = functional(start(), after(layer("Dense", name="x/y", units=2), "in"), outputs=(("x/y", 0, 0),), name="inner")
    sick = model(layer("RNN", cell=cells), layer("TimeDistributed", layer=inner))
    findings = examine("K207", sick)
    assert {finding.layer for finding in findings} == {"a/cell", "x/y"}
    well = cured(cured(sick, findings[0]), findings[1])
    assert examine("K207", well) == []
    assert well.config["config"]["layers"][1]["config"]["layer"]["config"]["output_layers"] == [["x_y", 0, 0]]


def test_an_initializer_may_have_any_name() -> None:
    assert examine("K207", model(layer("Dense", kernel_initializer=layer("Zeros", name="a/b")))) == []


def test_names_without_a_slash_are_healthy() -> None:
    assert examine("K207", model(layer("Dense", name="conv_1-bn.x"))) == []
