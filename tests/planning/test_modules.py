from converter.planning.modules import contract
from converter.planning.order import bits, make_order
from converter.planning.plan import render


def contracted(graph):
    """The core's tasks, each with its tree and its direct upstream."""
    core = contract(make_order(graph))
    names = core.order.names
    return {
        names[task]: (render(module.node), [names[up] for up in bits(core.order.direct[task])])
        for task, module in sorted(core.modules.items())
    }


def test_a_series_parallel_dag_becomes_one_task():
    graph = {"a": [], "b": ["a"], "c": ["a"], "d": ["c"], "e": ["b", "d"], "z": []}
    assert contracted(graph) == {"a": ("Parallel[a > Parallel[b, c > d] > e, z]", [])}


def test_the_letter_n_stays_what_it_is():
    graph = {"a": [], "b": [], "c": ["a"], "d": ["a", "b"]}
    assert contracted(graph) == {"a": ("a", []), "b": ("b", []), "c": ("c", ["a"]), "d": ("d", ["a", "b"])}


def test_chains_and_twins_inside_the_letter_n_become_one_task_each():
    graph = {
        "a": [],
        "b1": [],
        "b2": [],
        "b3": ["b1", "b2"],
        "c": ["a"],
        "d1": ["a", "b3"],
        "d2": ["a", "b3"],
    }
    assert contracted(graph) == {
        "a": ("a", []),
        "b1": ("Parallel[b1, b2] > b3", []),
        "c": ("c", ["a"]),
        "d1": ("Parallel[d1, d2]", ["a", "b1"]),
    }


def test_a_module_knows_its_first_and_last_tasks():
    core = contract(make_order({"a": [], "b": [], "c": ["a", "b"], "d": ["c"], "e": ["c"]}))
    (module,) = core.modules.values()
    assert [core.order.names[task] for task in bits(module.first)] == ["a", "b"]
    assert [core.order.names[task] for task in bits(module.last)] == ["d", "e"]
