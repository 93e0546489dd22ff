"""Frozen answers of sacrebleu 2.6.0 (Apache 2.0): `python make_long_context.py`, where sacrebleu is installed."""

import json
from pathlib import Path

from sacrebleu.metrics import CHRF

PAIRS = [
    ("This ankle of mine is falling and progressively getting wounded.", "My ankle bone, I fell and wounded it."),
    ("This ankle, I injured by falling.", "My ankle bone, I fell and wounded it."),
    ("dog sees cat", "dog sees cat"),
    ("cat sees dog", "dog sees cat"),
    ("dog sees", "dog sees cat"),
    ("dog dog dog dog dog", "dog sees cat"),
    ("xyz", "dog sees cat"),
    ("", "dog sees cat"),
    ("a", "a b"),
    ("aaaa", "aa"),
    ("abc", "abcdefgh"),
    ("  spaces   do not\tcount ", "spaces do not count"),
    ("Wörter, mit Ümlauten", "Wörter mit Umlauten"),
]

if __name__ == "__main__":
    scorer = CHRF()
    rows = [{"hypothesis": h, "reference": r, "chrf": scorer.sentence_score(h, [r]).score} for h, r in PAIRS]
    corpus = scorer.corpus_score([h for h, _ in PAIRS], [[r for _, r in PAIRS]]).score
    made = {"source": "sacrebleu 2.6.0", "sentences": rows, "corpus": corpus}
    text = json.dumps(made, indent=1, ensure_ascii=False)
    (Path(__file__).parent / "long_context.json").write_text(text + "\n", encoding="utf-8")
