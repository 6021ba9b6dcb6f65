"""Tests of the phrases that are found, and of their places."""

import unittest
from pathlib import Path

import phrases
import prose
from phrases import Phrase

LIST = Path(phrases.__file__).with_name("words.toml")


def places(phrase: Phrase, path: str, text: str) -> list[str]:
    return [str(finding) for _, finding in phrases.find((phrase,), path, prose.of(Path(path), text))]


class PhrasesTest(unittest.TestCase):
    def test_a_phrase_is_found_across_the_lines_of_a_comment(self) -> None:
        source = "fn a() {}\n\n    /// A Blue\n    /// moon.\nfn b() {}\n"
        self.assertEqual(places(Phrase("blue moon", '"moon"'), "a.rs", source), ['a.rs:3: "Blue moon": write "moon"'])

    def test_a_phrase_is_not_found_in_code_or_across_a_gap(self) -> None:
        phrase = Phrase(r"\bblue moon\b", "")
        for text in ("A `blue moon`.", "A blue\n\nmoon.", "A blue `x` moon.", "```\nblue moon\n```"):
            self.assertEqual(places(phrase, "a.md", text), [], text)

    def test_a_phrase_concerns_the_files_that_it_names_and_no_allowed_ones(self) -> None:
        phrase = Phrase("moon", "", only=(".md",), allow=("docs/sky", "NOTES.md"))
        self.assertTrue(phrase.concerns("docs/skyline.md"))
        for path in ("docs/sky/a.md", "NOTES.md", "a.rs"):
            self.assertFalse(phrase.concerns(path), path)

    def test_every_phrase_of_the_list_says_what_to_write(self) -> None:
        words = phrases.read(LIST)
        self.assertGreater(len(words.phrases), 20)
        for phrase in words.phrases:
            self.assertTrue(phrase.write, phrase.pattern)
            self.assertIsNone(phrase.expression.search(""), phrase.pattern)


if __name__ == "__main__":
    unittest.main()
