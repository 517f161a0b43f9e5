"""An additive logit as trees, one per feature, so that it is explained like any other trees.

Each of a feature's levels has a leaf, and so has its absence. Leaves hold what the level adds to the logit.
"""

from collections.abc import Sequence

import numpy as np

from models.additive_terms import AdditiveTerms

# Below every number, so that only what is missing goes left.
_LOWEST = -3.4e38
_LEAST_COEFFICIENT = 1e-6
_NO_PARENT = 2147483647


def additive_trees(terms: AdditiveTerms, coefficients: Sequence[float], count_features: int) -> list[dict]:
    """Trees in XGBoost's own form, without the first coefficient, which is the same for all.

    Args:
        count_features: number of encoded features.
    """
    varying = 1 + len(terms.columns)
    if_missing = dict(zip(terms.missing, coefficients[varying:], strict=True))
    trees = []
    for place, column in enumerate(terms.columns):
        added = _added(terms, place, column, coefficients[1 + place], count_features)
        absent = if_missing.pop(column, 0.0)
        if max(np.abs(added).max(), abs(absent)) > _LEAST_COEFFICIENT:
            shares = terms.shares[place]
            trees.append(
                _tree(column, terms.levels[place], added, shares=shares, absent=absent, count_features=count_features)
            )
    trees += [
        _tree(column, (0.0,), np.zeros(1), shares=(16,), absent=absent, count_features=count_features)
        for column, absent in if_missing.items()
    ]
    return trees


def _added(terms: AdditiveTerms, place: int, column: int, coefficient: float, count_features: int) -> np.ndarray:
    levels = np.zeros((len(terms.levels[place]), count_features), dtype=np.float32)
    levels[:, column] = terms.levels[place]
    return terms.values(levels)[:, 1 + place].astype(np.float64) * coefficient


def _tree(
    column: int,
    levels: Sequence[float],
    added: np.ndarray,
    *,
    shares: Sequence[int],
    absent: float,
    count_features: int,
) -> dict:
    nodes = _Nodes()
    root = nodes.add(None)
    left, right = nodes.split(root, _LOWEST)
    nodes.fill(left, absent, 1.0)
    _grow(nodes, right, np.array(levels), added, np.array(shares, dtype=float))
    nodes.sum_up()
    return nodes.document(column, count_features)


def _grow(nodes: "_Nodes", node: int, levels: np.ndarray, added: np.ndarray, shares: np.ndarray) -> None:
    if len(levels) == 1:
        nodes.fill(node, added[0], shares[0])
        return
    middle = len(levels) // 2
    left, right = nodes.split(node, (levels[middle - 1] + levels[middle]) / 2)
    _grow(nodes, left, levels[:middle], added[:middle], shares[:middle])
    _grow(nodes, right, levels[middle:], added[middle:], shares[middle:])


class _Nodes:
    """Nodes of one tree in the order in which they are added; the two under a node follow each other, as XGBoost takes
    for granted.
    """

    def __init__(self) -> None:
        self.parents: list[int] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.threshold: list[float] = []
        self.mean: list[float] = []
        self.cover: list[float] = []

    def add(self, parent: int | None) -> int:
        self.parents.append(_NO_PARENT if parent is None else parent)
        self.left.append(-1)
        self.right.append(-1)
        for values in (self.threshold, self.mean, self.cover):
            values.append(0.0)
        return len(self.parents) - 1

    def split(self, node: int, threshold: float) -> tuple[int, int]:
        """The nodes below the threshold and not below it."""
        self.left[node], self.right[node], self.threshold[node] = self.add(node), self.add(node), float(threshold)
        return self.left[node], self.right[node]

    def fill(self, node: int, value: float, cover: float) -> None:
        """Make the node a leaf."""
        self.threshold[node] = self.mean[node] = float(value)
        self.cover[node] = float(cover)

    def sum_up(self) -> None:
        """Cover and mean of the nodes over the leaves; children come after their parents."""
        for node in reversed(range(len(self.parents))):
            left, right = self.left[node], self.right[node]
            if left != -1:
                self.cover[node] = self.cover[left] + self.cover[right]
                weighted = self.cover[left] * self.mean[left] + self.cover[right] * self.mean[right]
                self.mean[node] = weighted / self.cover[node]

    def document(self, column: int, count_features: int) -> dict:
        count = len(self.parents)
        return {
            "base_weights": self.mean,
            "categories": [],
            "categories_nodes": [],
            "categories_segments": [],
            "categories_sizes": [],
            "default_left": [1 if parent == _NO_PARENT else 0 for parent in self.parents],
            "id": 0,
            "left_children": self.left,
            "loss_changes": [0.0] * count,
            "parents": self.parents,
            "right_children": self.right,
            "split_conditions": self.threshold,
            "split_indices": [column if left != -1 else 0 for left in self.left],
            "split_type": [0] * count,
            "sum_hessian": self.cover,
            "tree_param": {
                "num_deleted": "0",
                "num_feature": str(count_features),
                "num_nodes": str(count),
                "size_leaf_vector": "1",
            },
        }
