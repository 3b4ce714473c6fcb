"""Sums of trees as ONNX: AdaBoost and XGBoost, each as one node that runs in microseconds.

XGBoost's own call costs 0.2 ms for a single row before any tree is looked at, and skl2onnx makes a
chain of nodes for each of AdaBoost's stumps. Both are sums over the leaves that a row reaches:

- AdaBoost of two classes: P = sigmoid(2 * sum(w_i * v_i) / sum(w_i)), v_i = 1 or -1 the vote of
  estimator i (SAMME: Zhu, Zou, Rosset, Hastie, Statistics and Its Interface, 2009);
- XGBoost: an offset and the leaves' values, per output (its JSON schema: "Introduction to Model
  IO" in its documentation), through a sigmoid for `binary:logistic`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

OPSETS = {"": 18, "ai.onnx.ml": 3}


@dataclass(slots=True)
class Ensemble:
    """Trees in columns: one entry per node, and one per leaf."""

    below: str
    """Which rows go to the first branch: `BRANCH_LEQ` of the threshold, or `BRANCH_LT`."""
    outputs: int = 1
    offsets: Sequence[float] = (0.0,)
    sigmoid: bool = False
    trees: int = 0
    nodes: list[tuple[int, int, int, str, float, int, int]] = field(default_factory=list)
    """(tree, node, feature, mode, threshold, first branch, second branch)."""
    leaves: list[tuple[int, int, int, float]] = field(default_factory=list)
    """(tree, node, output, value)."""

    def add(self, tree: "Tree", output: int = 0) -> None:
        """One more tree, whose leaves count for an output."""
        number, self.trees = self.trees, self.trees + 1
        for at, (left, right) in enumerate(zip(tree.left, tree.right, strict=True)):
            if left < 0:
                self.nodes.append((number, at, 0, "LEAF", 0.0, 0, 0))
                self.leaves.append((number, at, output, float(tree.value[at])))
            else:
                threshold = float(tree.threshold[at])
                node = (number, at, int(tree.feature[at]), self.below, threshold, left, right)
                self.nodes.append(node)


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree by its nodes; a leaf has no branch (-1) and a value."""

    left: Sequence[int]
    right: Sequence[int]
    feature: Sequence[int]
    threshold: Sequence[float]
    value: Sequence[float]


def adaboost_ensemble(model: Any) -> Ensemble:
    """Of a fitted AdaBoostClassifier of two classes."""
    found = Ensemble("BRANCH_LEQ", sigmoid=True)
    weights = model.estimator_weights_[: len(model.estimators_)]
    for each, weight in zip(model.estimators_, weights, strict=True):
        tree = each.tree_
        share = 2 * float(weight) / float(weights.sum())
        votes = np.where(np.argmax(tree.value[:, 0, :], axis=1) == 1, share, -share)
        found.add(
            Tree(
                tree.children_left.tolist(),
                tree.children_right.tolist(),
                tree.feature.tolist(),
                [_not_above(each) for each in tree.threshold.tolist()],
                votes.tolist(),
            )
        )
    return found


def xgboost_ensemble(booster: Any, outputs: int, *, sigmoid: bool) -> Ensemble:
    """Of a trained Booster that gives so many numbers a row."""
    model = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]
    found = Ensemble("BRANCH_LT", outputs, [0.0] * outputs, sigmoid)
    for tree, output in zip(model["trees"], model["tree_info"], strict=True):
        # In a leaf the condition is its value.
        conditions = tree["split_conditions"]
        branches = tree["left_children"], tree["right_children"]
        found.add(Tree(*branches, tree["split_indices"], conditions, conditions), output)
    return found


def ensemble_onnx(ensemble: Ensemble, width: int) -> bytes:
    """The model: float32 (rows, width) to (rows, outputs)."""
    from onnx import TensorProto, helper

    attributes: Any = _attributes(ensemble)
    nodes = [
        helper.make_node(
            "TreeEnsembleRegressor", ["X"], ["sums"], domain="ai.onnx.ml", **attributes
        ),
        helper.make_node("Sigmoid" if ensemble.sigmoid else "Identity", ["sums"], ["Y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "trees",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [None, ensemble.outputs])],
    )
    opsets = [helper.make_opsetid(name, number) for name, number in OPSETS.items()]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    return bytes(made.SerializeToString())


def _attributes(ensemble: Ensemble) -> dict[str, Any]:
    """As the operator has them (ONNX-ML operators, TreeEnsembleRegressor)."""
    tree, node, feature, mode, threshold, first, second = zip(*ensemble.nodes, strict=True)
    leaf_tree, leaf_node, output, value = zip(*ensemble.leaves, strict=True)
    return {
        "n_targets": ensemble.outputs,
        "aggregate_function": "SUM",
        "base_values": [float(each) for each in ensemble.offsets],
        "nodes_treeids": tree,
        "nodes_nodeids": node,
        "nodes_featureids": feature,
        "nodes_modes": mode,
        "nodes_values": threshold,
        "nodes_truenodeids": first,
        "nodes_falsenodeids": second,
        "target_treeids": leaf_tree,
        "target_nodeids": leaf_node,
        "target_ids": output,
        "target_weights": value,
    }


def _not_above(threshold: float) -> float:
    """The largest float32 that is not above: float32 features compare with it as with this."""
    near = np.float32(threshold)
    return float(np.nextafter(near, np.float32(-np.inf)) if near > threshold else near)
