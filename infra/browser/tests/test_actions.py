"""Every action of the pages, as a person does it, with the message that follows and the entry in the audit trail."""

from tests.support import PATIENCE, PageTest

HOSTILE = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">&amp; 'quoted'"


class ChampionTest(PageTest):
    """Actions that change the champion."""

    def test_a_version_is_promoted_and_rolled_back(self) -> None:
        ada = self.person()
        before, other = self.champion(ada), self.others(ada)[-1]
        ada.visit(f"versions/{other}")
        message = ada.act("Promote…", f"Promote version {other}", reason="It knows more species.")
        self.assertEqual(message, f"Version {other} is the champion now.")
        self.assertEqual(self.champion(ada), other)
        self.assert_audited(ada, "promoted", f"version {other}", "It knows more species.")
        ada.visit(f"versions/{other}")
        message = ada.act("Roll back…", "Roll back now", reason="It was slower.")
        self.assertEqual(message, f"Rolled back: version {before} is the champion again.")
        self.assertEqual(self.champion(ada), before)
        self.assert_audited(ada, "rolled back", "It was slower.")

    def test_a_promotion_from_a_page_that_is_out_of_date_changes_nothing(self) -> None:
        ada = self.person()
        before, others = self.champion(ada), self.others(ada)
        grace = self.person()
        grace.visit(f"versions/{others[-1]}")
        ada.visit(f"versions/{others[-1]}")
        ada.act("Promote…", "Promote version", reason="First.")
        message = grace.act("Promote…", "Promote version", reason="Second.")
        self.assertIn("changed", message)
        ada.visit(f"versions/{others[-1]}")
        ada.act("Roll back…", "Roll back now", reason="As before.")
        self.assertEqual(self.champion(ada), before)

    def test_an_action_without_a_reason_is_not_sent(self) -> None:
        ada = self.person()
        ada.visit(f"versions/{self.champion(ada)}")
        form = ada.form("Roll back…")
        form.locator("summary").click()
        form.get_by_role("button").click()
        self.assertTrue(form.locator("[name=reason]").evaluate("field => field.matches(':invalid')"))
        self.assertEqual(ada.page.locator("main > .message").count(), 0)


class VersionTest(PageTest):
    """Actions on a version that does not serve."""

    def test_a_refused_form_keeps_what_was_typed(self) -> None:
        ada = self.person()
        ada.visit("runs")
        typed = {"family": "linear", "hyperparameters": '{"max_depth": 4}', "note": "a note & more"}
        message = ada.act("Train now…", "Request a training run", **typed)
        self.assertIn("No hyperparameter of linear has this name. Expected: one of alpha.", message)
        form = ada.form("Train now…")
        for name, value in typed.items():
            self.assertEqual(form.locator(f"[name='{name}']").input_value(), value)
        # The session of another person does not show it.
        grace = self.person()
        grace.page.goto(ada.page.url)
        self.assertEqual(grace.form("Train now…").locator("[name='note']").input_value(), "")

    def test_an_alias_is_set_and_removed(self) -> None:
        ada = self.person()
        number = self.others(ada)[-1]
        ada.visit(f"versions/{number}")
        self.assertEqual(ada.act("Set an alias…", "Set the alias", name="staging"), "The alias staging is set.")
        self.assertIn("staging", ada.page.locator(".badges .alias").all_inner_texts())
        self.assert_audited(ada, "set an alias", "staging")
        ada.visit(f"versions/{number}")
        message = ada.act("Remove the alias staging…", "Remove the alias")
        self.assertEqual(message, "The alias staging is removed.")
        self.assert_audited(ada, "removed an alias", "staging")

    def test_a_tag_is_set_found_and_removed(self) -> None:
        ada = self.person()
        number = self.others(ada)[-1]
        ada.visit(f"versions/{number}")
        message = ada.act("Set a tag…", "Set the tag", name="team", value="blue")
        self.assertEqual(message, f"The tags of version {number} are saved.")
        self.assert_audited(ada, "set a tag", "team")
        ada.visit("versions?tag=team%3Dblue")
        self.assertEqual(ada.page.locator("tbody th").all_inner_texts(), [f"version {number}"])
        ada.visit(f"versions/{number}")
        ada.act("Remove the tag team…", "Remove the tag")
        self.assertEqual(ada.page.locator(".badges .tag").count(), 0)
        self.assert_audited(ada, "removed a tag", "team")

    def test_a_note_is_written(self) -> None:
        ada = self.person()
        number = self.others(ada)[-1]
        ada.visit(f"versions/{number}")
        message = ada.act("Write the note…", "Save the note", text="Trained before the holidays.")
        self.assertEqual(message, f"The note of version {number} is saved.")
        self.assertIn("Trained before the holidays.", ada.page.locator(".note").inner_text())
        self.assert_audited(ada, "wrote a note", f"version {number}")

    def test_hostile_text_is_shown_as_text(self) -> None:
        ada = self.person()
        number = self.others(ada)[-1]
        ada.visit(f"versions/{number}")
        ada.act("Write the note…", "Save the note", text=HOSTILE)
        self.assertIn(HOSTILE, ada.page.locator(".note").inner_text())
        ada.act("Set a tag…", "Set the tag", name="hostile", value="<b>bold</b>")
        self.assertIn("hostile=<b>bold</b>", ada.page.locator(".badges .tag").all_inner_texts())
        ada.act("Set an alias…", "Set the alias", name="hostile", reason=HOSTILE)
        ada.visit("audit")
        self.assertIn(HOSTILE, "\n".join(ada.page.locator("td.long").all_inner_texts()))
        for path in ("versions", f"versions/{number}", "audit", "?done=alias&about=%3Cimg%20src%3Dx%3E"):
            ada.visit(path)
            self.assertEqual(ada.page.locator("main img, main script").count(), 0)
            self.assertNotEqual(ada.page.title(), "taken")
        ada.visit(f"versions/{number}")
        ada.act("Remove the alias hostile…", "Remove the alias")
        ada.act("Remove the tag hostile…", "Remove the tag")

    def test_a_version_that_an_alias_names_is_not_deleted(self) -> None:
        ada = self.person()
        number = self.others(ada)[0]
        ada.visit(f"versions/{number}")
        ada.act("Set an alias…", "Set the alias", name="kept")
        self.assertEqual(ada.form("Delete…").count(), 0)
        kept = ada.page.locator(".hint", has_text="It cannot be deleted.").inner_text()
        self.assertIn("The alias kept names it", kept)
        ada.act("Remove the alias kept…", "Remove the alias")
        message = ada.act("Delete…", f"Delete version {number}", reason="No longer needed.")
        self.assertEqual(message, f"Version {number} is deleted, with its artifact.")
        self.assertEqual(ada.visit(f"versions/{number}"), 404)
        self.assert_audited(ada, "deleted", f"version {number}", "No longer needed.")

    def test_a_version_is_verified(self) -> None:
        ada = self.person()
        number = self.champion(ada)
        ada.visit(f"versions/{number}")
        message = ada.act("Verify…", "Start the verification")
        self.assertEqual(message, f"The verification of version {number} was requested.")
        self.assert_audited(ada, "requested a verification", f"version {number}")
        self.eventually(ada, "audit", "tbody tr", f"verified\tversion {number}")
        (row,) = (row for row in ada.page.locator("tbody tr").all_inner_texts() if f"verified\tversion {number}" in row)
        self.assertIn("outcome identical", row)


class StackTest(PageTest):
    """Actions on training, schedule and alarms."""

    def test_a_training_with_other_parameters_is_watched_to_its_end(self) -> None:
        ada = self.person()
        ada.visit("schedule")
        # The page of a run can be opened before the run begins.
        message = ada.act("Train now…", "Request a training run", family="linear", seed="7", note="Linear is enough.")
        run = next(word for word in message.split() if word.startswith("manual-"))
        self.assert_audited(ada, "requested a training run", run, "Linear is enough.")
        self.eventually(ada, "runs", "tbody th", run)
        ada.page.get_by_role("link", name=run).click()
        # The script of the page refreshes it. Nobody loads it again.
        ended = ada.page.locator("h1 .badge.good, h1 .badge.quiet")
        ended.wait_for(timeout=PATIENCE * 1000)
        self.assertIn("Linear is enough.", ada.page.locator("main").inner_text())
        self.assertIn("7", ada.page.locator("main").inner_text())
        ada.page.locator("#facts ~ dl a").first.click()
        self.assertIn("linear", ada.page.locator("h1").inner_text())

    def test_hyperparameters_that_are_no_json_are_explained(self) -> None:
        ada = self.person()
        ada.visit("schedule")
        message = ada.act("Train now…", "Request a training run", hyperparameters="max_depth: 6")
        self.assertIn("not JSON", message)

    def test_the_schedule_is_paused_and_resumed(self) -> None:
        ada = self.person()
        ada.visit("schedule")
        message = ada.act("Pause…", "Pause the schedule", reason="The table is being repaired.")
        self.assertEqual(message, "The schedule is paused.")
        self.assertIn("paused", ada.page.locator("dl.facts").first.inner_text())
        self.assert_audited(ada, "paused the schedule", "The table is being repaired.")
        ada.visit("schedule")
        self.assertEqual(ada.act("Resume…", "Resume the schedule"), "The schedule is active again.")
        self.assert_audited(ada, "resumed the schedule")

    def test_an_alarm_is_muted_and_unmuted(self) -> None:
        ada = self.person()
        ada.visit("alarms")
        name = ada.page.locator("section.row").first.get_attribute("id") or ""
        message = ada.act("Mute…", f"Mute {name}", reason="We know.")
        self.assertEqual(message, f"The alarm {name} is muted.")
        self.assertEqual(ada.page.locator(f"[id='{name}'] .badge.warn").inner_text(), "muted")
        self.assert_audited(ada, "muted an alarm", name, "We know.")
        ada.visit("alarms")
        self.assertEqual(ada.act("Unmute…", f"Unmute {name}"), f"The alarm {name} is no longer muted.")
        self.assert_audited(ada, "unmuted an alarm", name)

    def test_a_row_is_predicted(self) -> None:
        ada = self.person("see")
        ada.visit("try")
        for field, value in zip(ada.page.locator("form.values input[required]").all(), ("5.1", "3.5", "1.4", "0.2")):
            field.fill(value)
        ada.page.get_by_role("button", name="Predict").click()
        self.assertIn("setosa", ada.page.locator("section", has=ada.page.locator("#answer")).inner_text())
        ada.check()
