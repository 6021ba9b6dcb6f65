"""Writes tests/artifacts/texts.json: what ONNX Runtime answers for the operators that read texts.

.venv/onnx/bin/python infra/onnx/texts.py
"""

import json
import random
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

TO = Path(__file__).resolve().parents[2] / "tests/artifacts/texts.json"
SETS = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
TOKENIZER = {"mark": 0, "pad_value": "#", "mincharnum": 1}
ROWS = ["It's the 2nd LATE parcel, größe_XL!", "", "a ab abc\nx-y z.z", "aaaa bbb,,c  d", "\ttoo  late\u00a0again "]

PATTERNS = [
    "a|ab|abc", "a*?", "a*", r"\b\w\w+\b", r"\w+", "[a-zA-Z0-9_]+", ".", ".+", r"\S+", r"\W", r"[^ ]+", "a{2,3}",
    "a{2}", "a{1,}", "a{", "a{,2}", "[[:alpha:]]+", r"[^\W\d_]+", "^a", "d$", r"\Aa|again \z", r"\Ba\B",
    "[a-z]+(?:[-'.][a-z]+)*", "(a|b)+c?", "a.*c|a", r"[\w-z]+", "[]a]+", "[a-]+", r"\x61+", r"\x{f6}", "a||b", "()a",
    r"z\.z", "(?:ab)?c|b{3}", "[^a-z]+", r"\d\w*", "$", r"\b", r"[\s,]+", "[[:^space:]]+", "ö|ß", "a.b|a.*d",
]  # fmt: skip
SEPARATORS = [[" "], [" ", ","], [""], ["[.]", r"\s", "c"], ["c*"], ["a|aa"], [r"\W+"], [",", "b"], ["."], ["", ","]]
CASES = ["LOWER", "UPPER", "NONE"]
PAIRS = {"pool_strings": ["a", "b", "a", "b", "b", "b"], "ngram_counts": [0, 2], "ngram_indexes": [3, 1, 0, 2]}
TRIPLES = {
    "pool_strings": ["a", "b", "a", "c", "a", "b", "c"],
    "ngram_counts": [0, 2, 4],
    "ngram_indexes": [0, 1, 1, 2],
}
TOKENS = [["a", "b", "c", "b"], ["b", "b", "#", "#"], ["a", "c", "b", "c"], ["x", "a", "a", "b"]]
GRAMS = {"min_gram_length": 1, "max_gram_length": 1, "max_skip_count": 0, "mode": "TF"}


def answer(operator: str, rows: list, attributes: dict) -> dict:
    """Returns a case of the file. It has no answer if ONNX Runtime refuses it."""
    domain = "com.microsoft" if operator == "Tokenizer" else ""
    node = helper.make_node(operator, ["x"], ["y"], domain=domain, **attributes)
    shape = np.shape(rows)
    kind = TensorProto.FLOAT if operator == "TfIdfVectorizer" else TensorProto.STRING
    ends = (
        [helper.make_tensor_value_info("x", TensorProto.STRING, shape)],
        [helper.make_tensor_value_info("y", kind, None)],
    )
    model = helper.make_model(helper.make_graph([node], "g", *ends), opset_imports=SETS, ir_version=9)
    case: dict = {"operator": operator, "rows": np.ravel(rows).tolist(), "shape": shape, "attributes": attributes}
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        found = session.run(None, {"x": np.asarray(rows, object)})[0]
    except Exception:
        return case
    return case | {"answer": np.ravel(found).tolist(), "answer_shape": found.shape}


def made_up(chance: random.Random, depth: int = 3) -> str:
    """Returns a regular expression that was made up."""
    if depth == 0:
        return chance.choice(["a", "b", "[ab]", "[^a]", r"\w", r"\b", ".", "c", r"\s", "-"])
    parts = [made_up(chance, depth - 1) for _ in range(chance.randint(1, 3))]
    kind = chance.random()
    if kind < 0.3:
        return f"(?:{'|'.join(parts)})"
    return "".join(parts) if kind < 0.6 else f"(?:{''.join(parts)}){chance.choice(['*', '+', '?', '{1,2}', '{2}'])}"


def cases() -> list[dict]:
    """Returns all cases."""
    chance = random.Random(5)  # noqa: S311
    found = [answer("Tokenizer", ROWS, TOKENIZER | {"tokenexp": it}) for it in PATTERNS]
    found += [answer("Tokenizer", ROWS, TOKENIZER | {"separators": it}) for it in SEPARATORS]
    found += [answer("Tokenizer", ROWS, TOKENIZER | {"separators": it, "mincharnum": 2}) for it in SEPARATORS]
    found += [
        answer("Tokenizer", ROWS, TOKENIZER | {"tokenexp": it, "mark": 1, "mincharnum": 2}) for it in PATTERNS[:6]
    ]
    found.append(answer("Tokenizer", [["a b", "c"], ["d", "e f g"]], TOKENIZER | {"tokenexp": r"\w+"}))
    texts = ["".join(chance.choice("ab c-") for _ in range(12)) for _ in range(3)]
    found += [answer("Tokenizer", texts, TOKENIZER | {"tokenexp": made_up(chance)}) for _ in range(150)]
    for case in CASES:
        for sensitive in (0, 1):
            normal = {"case_change_action": case, "is_case_sensitive": sensitive}
            found.append(answer("StringNormalizer", ROWS, normal))
            found += [
                answer("StringNormalizer", [row], normal | {"stopwords": ["late"]}) for row in ("LATE", "late", "x")
            ]
    for pool in (PAIRS, TRIPLES):
        weights = {"weights": [0.5, 2.0, 3.0, 4.0]}
        for mode in ("TF", "IDF", "TFIDF"):
            for least, most, skips in ((1, 1, 0), (1, 2, 0), (1, 2, 2), (2, 2, 1), (1, 3, 1), (2, 3, 5)):
                lengths = {"min_gram_length": least, "max_gram_length": most, "max_skip_count": skips, "mode": mode}
                found.append(answer("TfIdfVectorizer", TOKENS, pool | lengths))
                found.append(answer("TfIdfVectorizer", TOKENS, pool | lengths | weights))
    found.append(answer("TfIdfVectorizer", TOKENS[0], PAIRS | GRAMS))
    found.append(answer("TfIdfVectorizer", TOKENS, PAIRS | GRAMS | {"pool_strings": ["a", "a"]}))
    found.append(answer("TfIdfVectorizer", TOKENS, PAIRS | GRAMS | {"ngram_counts": [0, 9]}))
    return found


if __name__ == "__main__":
    TO.write_text("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases()) + "\n]\n")
