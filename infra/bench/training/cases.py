"""The tables and models on which training is measured, with their goals."""

from dataclasses import dataclass, field
from typing import Any

from . import data

# A forest of full depth: 100 is Evergreen's maximum, and no tree here is nearly that deep.
FOREST = {"n_estimators": 100, "max_depth": 100, "min_samples_split": 2, "min_samples_leaf": 1}
# `peer.py` translates these names for each peer. Other settings keep a peer's defaults.
BOOSTING = {"n_estimators": 100, "learning_rate": 0.1, "max_leaves": 31, "min_samples_leaf": 20, "l2": 0.0}
LARGE_TREES = BOOSTING | {"n_estimators": 200, "max_leaves": 255}

# The other peers cannot grow forests of full depth.
FOREST_PEERS = ("scikit-learn",)
BOOSTING_PEERS = ("scikit-learn", "LightGBM", "XGBoost", "CatBoost")


@dataclass(frozen=True)
class Goals:
    """Maximum ratios of Evergreen's values to each peer's, and maximum values of Evergreen; None means no goal."""

    time: float | None = None
    log_loss: float | None = None
    gigabytes: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Case:
    """A kind of table and one model, which Evergreen and the peers fit alternately."""

    name: str
    title: str
    table: data.Table
    family: str
    parameters: dict[str, Any]
    # Number of repetitions. It is odd, so that the median is one of them.
    repeat: int
    # Seconds after which a fit is stopped and counted as not finished.
    limit: float
    goals: Goals = field(default_factory=Goals)
    # Whether each repetition generates its own table from another seed: the losses on one table depend on chance.
    fresh: bool = False

    @property
    def peers(self) -> tuple[str, ...]:
        """Returns the libraries that are measured beside Evergreen."""
        return BOOSTING_PEERS if self.family == "gradient_boosting" else FOREST_PEERS


IRIS = data.Table("iris", data.iris)
SMALL = data.Table("1000x10", lambda seed: data.generated(1_250, 10, 6, seed, flipped=0.05), holdout=250)
MIDDLE = data.Table("10000x20", lambda seed: data.generated(12_500, 20, 10, seed, flipped=0.1), holdout=2_500)
SEVERAL = data.Table("25000x20", lambda seed: data.generated(25_000, 20, 10, seed, flipped=0.1), holdout=5_000)
LARGE = data.Table("100000x30", lambda seed: data.generated(100_000, 30, 15, seed), holdout=20_000)
WIDE_TREES = data.Table("500000x28", lambda seed: data.generated(500_000, 28, 14, seed), holdout=100_000)
HUGE = data.Table("1000000x30", lambda seed: data.generated(1_000_000, 30, 15, seed), holdout=200_000)

BOOST = "gradient_boosting"
CASES = (
    Case("iris-forest", "Iris, forest", IRIS, "random_forest", FOREST, 5, 60),
    Case("1k-forest", "1,000×10, forest", SMALL, "random_forest", FOREST, 5, 60),
    Case("10k-forest", "10,000×20, forest", MIDDLE, "random_forest", FOREST, 5, 120, Goals(time=1.0)),
    Case("25k-boosting", "25,000×20, boosting", SEVERAL, BOOST, BOOSTING, 15, 120, Goals(1.0, 1.005), fresh=True),
    Case("100k-boosting", "100,000×30, boosting", LARGE, BOOST, BOOSTING, 5, 120, Goals(1.0, 1.01)),
    Case("100k-forest", "100,000×30, forest", LARGE, "random_forest", FOREST, 1, 300),
    Case("500k-boosting", "500,000×28, boosting, 200 trees of 255 leaves", WIDE_TREES, BOOST, LARGE_TREES, 1, 600),
    Case("1m-boosting", "1,000,000×30, boosting", HUGE, BOOST, BOOSTING, 1, 600, Goals(gigabytes=8.0, seconds=600.0)),
)
