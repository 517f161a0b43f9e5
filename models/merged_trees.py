"""Many boosters over the same features as one, so that scoring reads each row once and not once per booster."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xgboost as xgb

from models.boosting import load_booster, logit


@dataclass(frozen=True)
class MergedTrees:
    """One booster with an output per merged booster.

    Attributes:
        names: the outputs, in order; intercepts: what is added to each output to give the booster's logit.
    """

    booster: xgb.Booster
    names: tuple[str, ...]
    intercepts: tuple[float, ...]

    def margins(self, encoded: np.ndarray) -> np.ndarray:
        """Logits without offsets, float32 [n × output].

        Raises:
            ValueError: another number of features than at training.
        """
        if encoded.shape[1] != self.booster.num_features():
            raise ValueError(f"{encoded.shape[1]} features given, trained with {self.booster.num_features()}")
        if not len(encoded):
            return np.zeros((0, len(self.names)), dtype=np.float32)
        outputs = self.booster.inplace_predict(encoded, predict_type="margin").reshape(len(encoded), -1)
        return outputs + np.array(self.intercepts, dtype=np.float32)

    def combine(self, shares: Mapping[str, float]) -> xgb.Booster:
        """One booster of one output, whose margin is the sum of the named outputs, each times its share.

        Intercepts are left out; `intercept` has them.

        Raises:
            KeyError: an output isn't among `names`.
        """
        return self.of_trees(self.scaled_trees(shares))

    def scaled_trees(self, shares: Mapping[str, float]) -> list[dict]:
        """The named outputs' trees in XGBoost's own form, each with its leaves times the share.

        Raises:
            KeyError: an output isn't among `names`.
        """
        if unknown := sorted(set(shares) - set(self.names)):
            raise KeyError(f"no output {unknown[0]}")
        model = json.loads(bytes(self.booster.save_raw("json")))["learner"]["gradient_booster"]["model"]
        return [
            _scaled(tree, shares[self.names[output]])
            for tree, output in zip(model["trees"], model["tree_info"], strict=True)
            if self.names[output] in shares
        ]

    def of_trees(self, trees: list[dict]) -> xgb.Booster:
        """A booster of one output over the same features, of trees in XGBoost's own form."""
        document = json.loads(bytes(self.booster.save_raw("json")))
        return load_booster(json.dumps(_single_document(document, trees)).encode())

    def intercept(self, shares: Mapping[str, float]) -> float:
        """The sum of the named outputs' intercepts, each times its share."""
        intercepts = dict(zip(self.names, self.intercepts, strict=True))
        return sum(intercepts[name] * share for name, share in shares.items())

    def to_files(self) -> dict[str, bytes]:
        """Equal trees give equal bytes."""
        outputs = {"names": self.names, "intercepts": self.intercepts}
        return {"model.ubj": bytes(self.booster.save_raw("ubj")), "outputs.json": json.dumps(outputs).encode()}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "MergedTrees":
        outputs = json.loads(files["outputs.json"])
        return cls(load_booster(files["model.ubj"]), tuple(outputs["names"]), tuple(outputs["intercepts"]))


def merge_trees(boosters: Mapping[str, xgb.Booster], intercepts: Mapping[str, float]) -> MergedTrees:
    """Merge single-output boosters: their trees become the trees of one booster with an output each.

    XGBoost's own format has an output number per tree (`tree_info`), as multi-class models do; that is all this uses.

    Args:
        boosters: by name of the output; all with the same features.
        intercepts: added to the booster's own base score, by name.

    Raises:
        ValueError: no booster, or boosters of different numbers of features.
    """
    names = sorted(boosters)
    documents = {name: json.loads(bytes(boosters[name].save_raw("json"))) for name in names}
    if len({document["learner"]["learner_model_param"]["num_feature"] for document in documents.values()}) != 1:
        raise ValueError("only boosters over the same features, and at least one, can be merged")
    trees: list[dict] = []
    outputs: list[int] = []
    for output, name in enumerate(names):
        own = documents[name]["learner"]["gradient_booster"]["model"]["trees"]
        trees += [{**tree, "id": len(trees) + number} for number, tree in enumerate(own)]
        outputs += [output] * len(own)
    total = tuple(_base_margin(documents[name]) + intercepts.get(name, 0.0) for name in names)
    merged = _merged_document(documents[names[0]], trees, outputs, len(names))
    return MergedTrees(load_booster(json.dumps(merged).encode()), tuple(names), total)


def _base_margin(document: dict) -> float:
    base = json.loads(document["learner"]["learner_model_param"]["base_score"])
    return float(logit(np.array(base if isinstance(base, float) else base[0])))


def _scaled(tree: dict, share: float) -> dict:
    """The tree with its leaves times the share; a leaf keeps its value where other nodes keep their threshold."""
    thresholds = [
        threshold * share if left == -1 else threshold
        for threshold, left in zip(tree["split_conditions"], tree["left_children"], strict=True)
    ]
    return {**tree, "split_conditions": thresholds, "base_weights": [each * share for each in tree["base_weights"]]}


def _single_document(template: dict, trees: list[dict]) -> dict:
    learner = template["learner"]
    model = learner["gradient_booster"]["model"]
    model |= {
        "trees": [{**tree, "id": number} for number, tree in enumerate(trees)],
        "tree_info": [0] * len(trees),
        "iteration_indptr": list(range(len(trees) + 1)),
        "gbtree_model_param": {**model["gbtree_model_param"], "num_trees": str(len(trees))},
    }
    learner["learner_model_param"] |= {"num_class": "0", "base_score": "5E-1"}
    learner["objective"] = {"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}}
    return template


def _merged_document(template: dict, trees: list[dict], outputs: list[int], count: int) -> dict:
    learner = template["learner"]
    model = learner["gradient_booster"]["model"]
    # A booster of one output has another form than one of several, so there are always at least two.
    classes = max(count, 2)
    base = "[" + ",".join(["0E0"] * classes) + "]"
    model |= {
        "trees": trees,
        "tree_info": outputs,
        "iteration_indptr": [0, len(trees)],
        "gbtree_model_param": {**model["gbtree_model_param"], "num_trees": str(len(trees))},
    }
    learner["learner_model_param"] |= {"num_class": str(classes), "base_score": base}
    learner["objective"] = {"name": "multi:softprob", "softmax_multiclass_param": {"num_class": str(classes)}}
    return template
