"""Formats the results as tables, for the terminal and for docs/PROOF.md."""

import os
import platform
from datetime import datetime, timezone
from pathlib import Path

import peers
import results
from contest import CONSTANT, EVERGREEN, Contest, Rules

BEGIN, END = "<!-- results: make proof -->", "<!-- end of results -->"
METRIC = {"classification": "log loss", "regression": "RMSE"}


def summary(contests: list[Contest]) -> list[list[str]]:
    """Returns a table of the goals and the results."""
    classes, numbers = (results.of_task(contests, task) for task in METRIC)
    both = classes + numbers
    ranks = [results.mean_ranks(part)[EVERGREEN] for part in (classes, numbers)]
    lines = [["", "Goal", "Reached"]]
    lines.append(["trains without an edit", "all", f"{results.trained(contests)} of {len(contests)}"])
    lines.append(["mean rank of six, log loss / RMSE", "≤ 1.8 / ≤ 1.8", " / ".join(f"{rank:.2f}" for rank in ranks)])
    for peer in results.taking_part(both):
        found = results.against(both, peer)
        goal = "≥ 3 : 1" if peer == "CatBoost" else "≥ 10 : 1"
        score = f"{found.wins} : {found.losses} ({found.ties} within one standard error)"
        lines.append([f"wins : losses against {peer}", goal, score])
    gaps = " / ".join(f"{results.median_gap(part):+.1%}" for part in (classes, numbers))
    lines.append(["median gap to the best of five", "≤ 0 %", gaps])
    worse = results.worse_than_constant(both)
    lines.append(["worse than the constant", "0", f"{len(worse)}{': ' if worse else ''}{', '.join(worse)}"])
    return lines


def ranking(contests: list[Contest]) -> list[list[str]]:
    """Returns a table of the mean ranks of the six."""
    parts = [results.mean_ranks(results.of_task(contests, task)) for task in METRIC]
    rows = [[name, *(f"{part[name]:.2f}" for part in parts)] for name in results.SIX]
    return [["", *(f"Mean rank, {metric}" for metric in METRIC.values())], *rows]


def each(contests: list[Contest]) -> list[list[str]]:
    """Returns a table with a line for each contest."""
    names = [EVERGREEN, *peers.PEERS, CONSTANT]
    lines = [["Table", "Predicted", "Rows", "Chosen", *names]]
    for contest in contests:
        table = contest.table
        cells = [_loss(contest, name) for name in names]
        lines.append([table.name, table.target, str(table.rows), contest.family.replace("_", " "), *cells])
    return lines


def _loss(contest: Contest, name: str) -> str:
    if name in contest.losses:
        return f"{contest.loss(name):.4g}"
    return "failed" if name in contest.failed else ""


def publish(page: Path, contests: list[Contest], made: str) -> None:
    """Writes the results into the page, between its marks."""
    text = page.read_text()
    if BEGIN not in text or END not in text:
        raise SystemExit(f"{page} does not contain the marks {BEGIN} and {END}; add them. Nothing was written")
    before, rest = text.split(BEGIN, 1)
    parts = [made, _markdown(summary(contests)), _markdown(ranking(contests))]
    for task, metric in METRIC.items():
        of_task = [contest for contest in contests if contest.table.task == task]
        parts.append(f"### Each table: {metric}\n\n{_markdown(each(of_task))}")
    page.write_text(f"{before}{BEGIN}\n" + "\n\n".join(parts) + f"\n{END}{rest.split(END, 1)[1]}")


def made(commit: str, rules: Rules, contests: list[Contest]) -> str:
    """Returns which commit, date, machine and times the results are from."""
    day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    flaml = sum("FLAML" in contest.seconds for contest in contests)
    beside = (
        f" FLAML had {rules.flaml_seconds:g} s, on {flaml} of the tables." if flaml else " FLAML did not take part."
    )
    return f"Commit {commit}, {day}, {machine}. Evergreen had {rules.seconds:g} s for each table at most.{beside}"


def _markdown(lines: list[list[str]]) -> str:
    align = "|" + "|".join("---" if place == 0 else "---:" for place in range(len(lines[0]))) + "|"
    rows = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join([rows[0], align, *rows[1:]])
