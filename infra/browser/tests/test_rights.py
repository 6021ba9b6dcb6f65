"""Who gets in, what a session that may only see can do, and forms that no page of the session sent."""

import stack
from visit import Visitor

from tests.support import PageTest

PROMOTION = {"version": "1", "reason": "I want it.", "back": "versions/1"}


class RightsTest(PageTest):
    """Links, sessions and forged forms."""

    def test_a_link_opens_one_session(self) -> None:
        ada = self.stranger()
        link = stack.link("see", self.name)
        # A mail program that looks at the link does not use it up.
        self.assertEqual(ada.context.request.get(link).status, 200)
        ada.page.goto(link)
        ada.check()
        ada.page.get_by_role("button", name="Open the console").click()
        ada.page.wait_for_url(stack.root())
        late = self.stranger()
        response = late.page.goto(link)
        self.assertEqual(response.status if response else 0, 410)
        self.assertIn("no longer works", late.page.locator("h1").inner_text())
        late.check()
        self.assertEqual(late.context.request.post(link).status, 410)

    def test_a_session_cookie_is_neither_for_scripts_nor_for_other_sites(self) -> None:
        ada = self.person("see")
        (cookie,) = ada.context.cookies()
        self.assertTrue(cookie["httpOnly"])
        self.assertEqual(cookie["sameSite"], "Strict")
        self.assertEqual(ada.page.evaluate("document.cookie"), "")

    def test_nobody_sees_a_page_without_a_session(self) -> None:
        ada = self.stranger()
        for path in ("", "runs", "versions/1", "audit"):
            self.assertEqual(ada.visit(path), 401)
            self.assertEqual(ada.page.locator("h1").inner_text(), "No session")
        ada.check()
        self.assertEqual(ada.context.request.post(stack.root() + "actions/promote", form=PROMOTION).status, 401)

    def test_a_session_that_was_signed_out_has_ended(self) -> None:
        ada = self.person()
        stolen = self._cookies(ada)
        ada.page.get_by_role("button", name="Sign out").click()
        self.assertEqual(ada.page.locator("h1").inner_text(), "Signed out")
        ada.check()
        self.assertEqual(ada.visit("runs"), 401)
        # The cookie itself is worth nothing any more.
        thief = self.stranger()
        answer = thief.context.request.get(stack.root(), headers={"cookie": stolen})
        self.assertEqual(answer.status, 401)

    def test_a_session_that_may_see_has_no_forms_and_cannot_act(self) -> None:
        ada = self.person("see")
        number = self.champion(ada)
        for path in ("", "runs", f"versions/{number}", "alarms", "schedule"):
            ada.visit(path)
            self.assertEqual(ada.page.locator("details.act").count(), 0, path)
        forged = PROMOTION | {"csrf": self._csrf(ada)}
        answer = ada.context.request.post(stack.root() + "actions/promote", form=forged)
        self.assertEqual(answer.status, 403)
        self.assertIn("change nothing", answer.text())
        self.assertEqual(self.champion(ada), number)

    def test_a_form_of_another_site_is_refused(self) -> None:
        ada = self.person()
        number = self.champion(ada)
        for forged in ({}, {"csrf": ""}, {"csrf": "A" * 43}):
            answer = ada.context.request.post(stack.root() + "actions/promote", form=PROMOTION | forged)
            self.assertEqual(answer.status, 403, forged)
        self.assertEqual(self.champion(ada), number)

    def test_an_action_leads_to_no_other_site(self) -> None:
        ada = self.person()
        for back in ("https://example.com/", "//example.com", "../../x"):
            form = {"csrf": self._csrf(ada), "back": back, "reason": ""}
            answer = ada.context.request.post(stack.root() + "actions/pause", form=form, max_redirects=0)
            self.assertEqual(answer.status, 303)
            self.assertTrue(answer.headers["location"].startswith("../?problem="), answer.headers["location"])

    @staticmethod
    def _csrf(visitor: Visitor) -> str:
        visitor.visit("")
        return visitor.page.locator("footer [name=csrf]").input_value()

    @staticmethod
    def _cookies(visitor: Visitor) -> str:
        return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in visitor.context.cookies())
