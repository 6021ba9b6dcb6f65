"""Tests of what counts as prose in each kind of file."""

import unittest
from pathlib import Path

import prose


def read(name: str, text: str) -> str:
    """Returns the prose without its gaps."""
    found = prose.of(Path(name), text)
    assert len(found) == len(text)
    assert [len(line) for line in found.split("\n")] == [len(line) for line in text.split("\n")]
    return " ".join(found.replace(prose.GAP, " ").split())


class ProseTest(unittest.TestCase):
    def test_rust_has_prose_in_comments_and_in_texts_with_blanks(self) -> None:
        source = """
            //! The crate.
            /// Reads `code` and 'quoted' text.
            fn read<'a>(path: &'a str) -> char { // at the end
                let key = "one_word"; let sign = '"';
                error!("cannot read {path} \\
                        twice", r#"raw "text" here"#); /* a block */
                '\\''
            }"""
        self.assertEqual(
            read("a.rs", source),
            "The crate. Reads and 'quoted' text. at the end cannot read twice raw \"text\" here a block */",
        )

    def test_python_has_prose_in_comments_and_in_texts_with_blanks(self) -> None:
        source = '"""A module."""\nname = "key"  # a comment\nprint(f"found {count} of {name!r}", \'it # is\')\n'
        self.assertEqual(read("a.py", source), "A module. a comment found of it # is")

    def test_documents_are_prose_but_for_their_code(self) -> None:
        source = "A [link](docs/learn.md) and `code`.\n\n```text\nprinted\n```\nThe end.\n"
        self.assertEqual(read("a.md", source), "A [link] and . The end.")
        self.assertEqual(read("a.html", "<style>p {}</style><p title='x'>One <b>word</b>.</p>"), "One word .")

    def test_code_of_rust_has_neither_comments_nor_texts(self) -> None:
        source = 'pub struct A; // pub struct B\nconst C: &str = "pub struct D\n";\n'
        code = prose.rust_code(source)
        self.assertEqual(code.split(), ["pub", "struct", "A;", "const", "C:", "&str", "=", ";"])
        self.assertEqual(code.count("\n"), source.count("\n"))


if __name__ == "__main__":
    unittest.main()
