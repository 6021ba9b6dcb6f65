"""Every screen: in both colour schemes and both widths, without a mouse, and without JavaScript."""

import stack
from visit import Visitor

from tests.support import PageTest

SCREENS = (
    "",
    "runs",
    "versions",
    "dataset",
    "try",
    "audit",
    "alarms",
    "drift",
    "live",
    "batch",
    "schedule",
    "no-such-page",
)


class ScreensTest(PageTest):
    """What every screen has in common."""

    def test_every_screen_is_accessible_and_fits(self) -> None:
        for colours in ("light", "dark"):
            for width in (1280, 390):
                with self.subTest(colours=colours, width=width):
                    self._look(self.person(colours=colours, width=width))

    def _look(self, visitor: Visitor) -> None:
        number = self.champion(visitor)
        visitor.visit("runs")
        run = visitor.page.locator("tbody th a").first.get_attribute("href") or ""
        listed = [number, *self.others(visitor)]
        compared = ",".join(str(each) for each in listed[:10])
        # The mails are there only on a local stack.
        mails = ["mails"] if visitor.page.locator("nav a", has_text="Mails").count() else []
        own = [f"versions/{each}" for each in listed[:3]] + [run.removeprefix("./"), f"compare?versions={compared}"]
        for path in [*SCREENS, *own, *mails]:
            status = visitor.visit(path)
            self.assertEqual(status, 404 if path == "no-such-page" else 200, path)
            self.assertEqual(visitor.page.locator("h1").count(), 1, path)
            self._open_forms(visitor)
            visitor.check()

    @staticmethod
    def _open_forms(visitor: Visitor) -> None:
        # A closed form hides its contents from axe-core.
        visitor.page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true; })")

    def test_no_table_hides_its_columns(self) -> None:
        for width, paths in ((1280, ("runs", "audit")), (390, ("compare?versions=1,2,3", "audit", "mails", "runs"))):
            ada = self.person("see", width=width)
            for path in paths:
                ada.visit(path)
                hidden = ada.page.locator(".scroll").first.evaluate("box => box.scrollWidth - box.clientWidth")
                self.assertLessEqual(hidden, 0, f"{path} at {width} pixels")

    def test_versions_are_selected_and_compared(self) -> None:
        ada = self.person("see")
        ada.visit("versions")
        boxes = ada.page.locator("tbody [type=checkbox]")
        button = ada.page.get_by_role("button", name="Compare the selected versions")
        boxes.nth(0).check()
        self.assertTrue(button.is_disabled())
        boxes.nth(1).check()
        button.click()
        self.assertEqual(ada.page.locator("table.compare thead a").count(), 2)
        self.assertGreater(ada.page.locator("tr.differs").count(), 0)
        self.assertGreater(ada.page.locator(".grid svg").count(), 0)

    def test_tables_sort_and_filter(self) -> None:
        ada = self.person("see")
        ada.visit("versions")
        ada.page.locator("thead a", has_text="Version").click()
        self.assertEqual(ada.page.locator("th[aria-sort=ascending]").inner_text(), "Version")
        self.assertEqual(ada.page.locator("tbody th").first.inner_text(), "version 1")
        ada.page.get_by_label("Status").select_option("refused")
        ada.page.get_by_role("button", name="Filter").click()
        for row in ada.page.locator("tbody td.badges").all_inner_texts():
            self.assertNotIn("promoted", row)
        ada.page.get_by_label("Metric").fill("beauty>=2")
        ada.page.get_by_role("button", name="Filter").click()
        self.assertEqual(ada.page.locator("tbody th").count(), 0)

    def test_the_overview_estimates_the_cost_of_the_month(self) -> None:
        ada = self.person("see")
        card = ada.page.locator("section", has=ada.page.locator("#cost")).inner_text()
        self.assertRegex(card, r"\$\d+\.\d\d")
        self.assertIn("Metrics and alarms, fixed", card)
        # The emulator counts no usage.
        self.assertIn("An estimate of the fixed part only", card)
        self.assertIn("the emulator does not count it", card)

    def test_a_mail_of_the_emulator_is_read_in_the_browser(self) -> None:
        html = (
            '<html><head></head><body style="color:#333">'
            "<h1>Accuracy is low</h1><script>parent.x = 1</script></body></html>"
        )
        stack.send_mail("An alarm for a test", "Accuracy is low.", html)
        ada = self.person("see")
        ada.page.get_by_role("link", name="Mails").click()
        self.assertIn("team@example.com", ada.page.locator("tbody tr").first.inner_text())
        ada.page.get_by_role("link", name="An alarm for a test").first.click()
        frame = ada.page.frame_locator("iframe.mail")
        self.assertEqual(frame.locator("h1").inner_text(), "Accuracy is low")
        ada.page.locator("summary", has_text="Plain text").click()
        self.assertIn("Accuracy is low.", ada.page.locator("details pre").inner_text())
        # The script of a mail does not run. Chromium says so in the console.
        self.assertIsNone(ada.page.evaluate("window.x ?? null"))
        ada.problems[:] = [problem for problem in ada.problems if "Blocked script execution" not in problem]

    def test_a_list_leads_to_its_next_page_and_back(self) -> None:
        ada = self.person("see")
        ada.visit("versions?limit=2")
        first = ada.page.locator("tbody th").all_inner_texts()
        self.assertEqual(ada.page.locator("a[rel=prev]").count(), 0)
        ada.page.get_by_role("link", name="Next page").click()
        self.assertNotEqual(ada.page.locator("tbody th").all_inner_texts(), first)
        ada.page.get_by_role("link", name="Previous page").click()
        self.assertEqual(ada.page.locator("tbody th").all_inner_texts(), first)
        self.assertIn("before=", ada.page.url)

    def test_a_comparison_has_every_curve_and_marks_what_differs(self) -> None:
        ada = self.person("see")
        ada.visit("compare?versions=1,2,3")
        titles = ada.page.locator(".grid h2").all_inner_texts()
        for expected in ("ROC curve: setosa", "Precision and recall: virginica", "Calibration"):
            self.assertIn(expected, titles)
        legends = ada.page.locator(".legend").all_inner_texts()
        self.assertTrue(all("version 1" in each and "version 3" in each for each in legends), legends)
        self.assertGreater(ada.page.locator("td.other").count(), 0)
        ada.page.get_by_role("link", name="Show only differences").click()
        self.assertEqual(ada.page.locator("tbody tr:not(.group):not(.differs)").count(), 0)

    def test_a_keyboard_is_enough(self) -> None:
        ada = self.person()
        keys = ada.page.keyboard
        keys.press("Tab")
        self.assertEqual(ada.page.evaluate("document.activeElement.className"), "skip")
        keys.press("Enter")
        self.assertEqual(ada.page.evaluate("document.activeElement.id"), "main")
        ada.visit(f"versions/{self.champion(ada)}")
        ada.form("Set a tag…").locator("summary").focus()
        keys.press("Enter")
        for word in ("keyboard", "yes"):
            keys.press("Tab")
            keys.type(word)
        keys.press("Enter")
        self.assertIn("are saved", ada.message())
        self.assertIn("keyboard=yes", ada.page.locator(".badges .tag").all_inner_texts())

    def test_pages_work_without_scripts(self) -> None:
        ada = self.person(scripts=False)
        number = self.champion(ada)
        ada.visit(f"versions/{number}")
        message = ada.act("Write the note…", "Save the note", text="Written without a script.")
        self.assertEqual(message, f"The note of version {number} is saved.")

    def test_a_page_allows_nothing_from_elsewhere(self) -> None:
        ada = self.person("see")
        answer = ada.context.request.get(stack.root())
        policy = answer.headers["content-security-policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(answer.headers["cache-control"], "no-store")
