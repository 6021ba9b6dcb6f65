"""The pages of links in mails: what they say, and that only their button acts."""

import stack

from tests.support import PageTest


class MailLinkTest(PageTest):
    """Links that a mail about an alarm has."""

    def test_a_link_of_a_mail_says_what_will_happen_and_acts_once(self) -> None:
        link = stack.mailed_link("throttles", "No mails about this alarm for a day")
        # A program that checks mails opens every link.
        scanner = self.stranger()
        self.assertEqual(scanner.context.request.get(link).status, 200)
        # A mail program may show pages without scripts.
        ada = self.stranger(scripts=False)
        ada.page.goto(link)
        self.assertEqual(ada.page.locator("h1").inner_text(), "No mails about throttles for 24 hours?")
        ada.page.get_by_role("button").click()
        self.assertEqual(ada.page.locator("h1").inner_text(), "No mails about throttles for 24 hours")
        self.assertEqual(ada.page.get_by_role("button").count(), 0)
        self.assertEqual(ada.context.cookies(), [], "a link of a mail opens no session")
        late = self.stranger(colours="dark", width=400)
        response = late.page.goto(link)
        self.assertEqual(response.status if response else 0, 410)
        self.assertEqual(late.page.locator("h1").inner_text(), "This link was used")
        late.check()
        grace = self.person()
        grace.visit("audit")
        self.assertIn("muted an alarm", grace.page.locator("tbody tr", has_text="recipient").first.inner_text())
