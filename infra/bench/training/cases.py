"""What is measured: tables, models, and the goals that stand beside the figures."""

from dataclasses import dataclass, field

from . import data

# A forest of full depth: 100 is Evergreen's limit, and no tree here comes near it.
FOREST = {"n_estimators": 100, "max_depth": 100, "min_samples_split": 2, "min_samples_leaf": 1}
# The rest are scikit-learn's defaults.
BOOSTING = {"n_estimators": 100, "learning_rate": 0.1, "max_leaves": 31, "min_samples_leaf": 20, "l2": 0.0}


@dataclass(frozen=True)
class Goals:
    """Ratios of Evergreen's figure to scikit-learn's, and bounds of Evergreen's own; None is no goal."""

    time: float | None = None
    log_loss: float | None = None
    gigabytes: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Case:
    """One table and one model, fitted by both sides in turn."""

    name: str
    title: str
    table: data.Table
    family: str
    parameters: dict
    # Odd, so that the median is a repetition that took place.
    repeat: int
    # Seconds after which a fit's process is ended and counted as not finished.
    limit: float
    goals: Goals = field(default_factory=Goals)


IRIS = data.Table("iris", data.iris)
SMALL = data.Table("1000x10", lambda: data.generated(1_250, 10, informative=6, flipped=0.05), holdout=250)
MIDDLE = data.Table("10000x20", lambda: data.generated(12_500, 20, informative=10, flipped=0.1), holdout=2_500)
LARGE = data.Table("100000x30", lambda: data.generated(100_000, 30, informative=15), holdout=20_000)
HUGE = data.Table("1000000x30", lambda: data.generated(1_000_000, 30, informative=15), holdout=200_000)

CASES = (
    Case("iris-forest", "Iris, forest", IRIS, "random_forest", FOREST, 5, 60),
    Case("1k-forest", "1,000×10, forest", SMALL, "random_forest", FOREST, 5, 60),
    Case("10k-forest", "10,000×20, forest", MIDDLE, "random_forest", FOREST, 5, 120, Goals(time=1.0)),
    Case("100k-boosting", "100,000×30, boosting", LARGE, "gradient_boosting", BOOSTING, 5, 120, Goals(1.0, 1.01)),
    Case("100k-forest", "100,000×30, forest", LARGE, "random_forest", FOREST, 1, 300),
    Case(
        "1m-boosting",
        "1,000,000×30, boosting",
        HUGE,
        "gradient_boosting",
        BOOSTING,
        1,
        600,
        Goals(gigabytes=8.0, seconds=600.0),
    ),
)
