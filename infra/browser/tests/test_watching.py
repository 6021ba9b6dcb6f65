"""A training that goes on long enough to be watched.

It needs a larger table than Iris, with the same columns. At the end the table is taken away, and the former champion
serves again.
"""

import random
import time

import stack
from playwright.sync_api import Locator
from visit import Visitor

from tests.support import PATIENCE, PageTest

ROWS = 20_000
# Means of the four columns of Iris, by variety. The rows are noisy, so that no candidate is perfect at once.
MEANS = {"setosa": (5.0, 3.4, 1.5, 0.2), "versicolor": (5.9, 2.8, 4.3, 1.3), "virginica": (6.6, 3.0, 5.6, 2.0)}
# With the time limit, the search takes some progress reports and no more, also on a slow machine.
SETTINGS = 'target = "variety"\ntime_budget_seconds = 15\ncandidates = 200\n'


class WatchingTest(PageTest):
    """What the page of a run shows while the run goes on."""

    def setUp(self) -> None:
        super().setUp()
        self.files = {"watched.csv": _table(), "dataset.toml": SETTINGS}
        for name, content in self.files.items():
            stack.put_dataset(name, content)
        self.addCleanup(self._take_away)

    def _take_away(self) -> None:
        for name in self.files:
            stack.delete_dataset(name)

    def test_a_run_is_watched_until_it_ends(self) -> None:
        ada = self.person()
        champion = self.champion(ada)
        self.addCleanup(self._restore, ada, champion)
        ada.visit("runs")
        message = ada.act("Train now…", "Request a training run", note="a run to watch")
        run = next(word for word in message.split() if word.startswith("manual-"))
        ada.page.locator(".message a").click()
        self.assertIn(run, ada.page.locator("h1").inner_text())
        self.eventually(ada, "runs", "tbody th", run)
        ada.visit(f"runs/{run}")
        # From here on, only the page's own script loads the page again.
        live = ada.page.locator("#live")
        bar = live.locator("progress")
        tried = self._grows(bar, 0)
        self.assertIn("candidates", live.locator(".stage").inner_text())
        self.assertRegex(live.inner_text(), r"Best so far\s+\S.*\d\.\d+ in cross-validation")
        ada.check()
        self._grows(bar, tried)
        ada.page.locator("h1 .badge.good, h1 .badge.quiet").wait_for(timeout=PATIENCE * 1000)
        self.assertEqual(bar.count(), 0)
        ada.visit("runs?status=running")
        self.assertEqual(ada.page.locator("tbody th", has_text=run).count(), 0)

    def _grows(self, bar: Locator, least: int) -> int:
        """Waits until the bar shows more than `least` candidates, and returns how many."""
        deadline = time.monotonic() + PATIENCE
        while True:
            shown = bar.all()
            found = int(shown[0].get_attribute("value") or 0) if shown else 0
            if found > least:
                return found
            self.assertLess(time.monotonic(), deadline, f"never more than {least} candidates; the bar has {found}")
            time.sleep(0.2)

    def _restore(self, visitor: Visitor, champion: int) -> None:
        if self.champion(visitor) != champion:
            visitor.visit(f"versions/{champion}")
            visitor.act("Promote…", f"Promote version {champion}", reason="The larger table was only for a test.")


def _table() -> str:
    chance = random.Random(7)  # noqa: S311 - the table only has to be the same each time
    rows = ["sepal length (cm),sepal width (cm),petal length (cm),petal width (cm),variety"]
    for _ in range(ROWS):
        variety = chance.choice(list(MEANS))
        numbers = (f"{max(0.1, chance.gauss(mean, 0.6)):.1f}" for mean in MEANS[variety])
        rows.append(",".join([*numbers, variety]))
    return "\n".join(rows) + "\n"
