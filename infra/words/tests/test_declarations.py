"""Tests of the reports about Rust declarations."""

import unittest

import declarations


class DeclarationsTest(unittest.TestCase):
    def test_two_public_types_of_one_name_are_reported_with_both_places(self) -> None:
        files = {
            "a/src/lib.rs": "//! A crate.\npub struct Table;\nstruct Row;\n// pub struct Text;\n",
            "b/src/lib.rs": "mod c {\n    pub(crate) enum Table {}\n}\npub(super) trait Row {}\npub type Text = u8;\n",
            "b/src/tests.rs": "pub struct Row;\n",
            "tests/tests/main.rs": "pub struct Row;\n",
        }
        found = [str(finding) for finding in declarations.shared_names(files, {})]
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith("a/src/lib.rs:2: the public type Table"), found)
        self.assertIn("at b/src/lib.rs:2", found[0])
        self.assertEqual(list(declarations.shared_names(files, {"Table": "a reason"})), [])

    def test_an_allowed_name_that_is_not_shared_is_reported(self) -> None:
        files = {"a/src/lib.rs": "pub struct Table;\n"}
        found = [finding.reason for finding in declarations.shared_names(files, {"Table": "a reason"})]
        self.assertEqual(found, ["shared_names: Table is not shared any more: remove the entry"])

    def test_old_words_are_found_as_whole_words_of_a_name(self) -> None:
        source = "struct OldLook;\npub enum Looking {}\ntype LookBack = u8;\nstruct Outlook;\n"
        found = [
            (finding.line, finding.reason) for finding in declarations.old_names([("a.rs", source)], {"Look": "x"})
        ]
        self.assertEqual([line for line, _ in found], [1, 3])

    def test_a_comment_that_repeats_the_name_of_a_number_is_reported(self) -> None:
        source = (
            "/// Maximum number of rows.\n#[doc(hidden)]\npub const MAX_ROWS: usize = 7;\n"
            "/// Maximum number of rows that one request may have.\nconst MAX_REQUEST: u32 = 7;\n\n"
            "/// First line.\n/// Maximum rows.\nconst ROWS_MAX: f64 = 7.0;\n"
            '/// Most rows.\nconst MOST_ROWS: &str = "";\n'
        )
        found = [finding.line for finding in declarations.repeated_names([("a.rs", "\n" + source)])]
        self.assertEqual(found, [4])


if __name__ == "__main__":
    unittest.main()
