"""The tools for real: SmolLM2 reads, drafts, summarises and verifies; MiniLM searches and decides.

`tools(corpus, lm)` returns `Tools` for a corpus of passages, with the specialists trained on the questions that are
given. Everything is in batches, and remembered by content.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F

from .. import data
from ..data.passages import Question
from ..models.pretrained import TextModel
from ..retrieval import evaluate, reader
from ..retrieval.experiments import Corpus
from . import specialists
from .adaptive import Classifier
from .crag import strips
from .questions import by_heart, lookups
from .speculative import probability, verifier_scores
from .trace import Tools

REFLECT = "\nDoes the evidence support the answer?"
SUMMARY = "Summarise in one sentence what these facts have in common:\n\n{}"


def tools(corpus: Corpus, lm: TextModel, second: Corpus | None = None, n: int = 300, shots: Sequence = ()) -> Tools:
    """All tools for a corpus. Heads are trained on `n` dev questions of each kind; `second` is CRAG's other source."""
    functions = searching(corpus) | reading(lm, shots or reader.SHOTS) | deciding(corpus, n)
    if second is not None:
        functions["fallback"] = lambda inputs: [
            tuple(second.texts[i] for i in found) for found in searching(second)["search"](inputs)
        ]
    return Tools(functions, length=lambda text: len(lm.encode(text)))


def searching(corpus: Corpus) -> dict[str, Callable]:
    """search: the fused ranking of BM25 and MiniLM; embed: MiniLM's vectors."""

    def search(inputs):
        depth = min(20, len(corpus.texts))
        rankings = corpus.rankings([query for query, _ in inputs], depth)["fused"]
        return [tuple(found[:k]) for found, (_, k) in zip(rankings, inputs)]

    embed = lambda inputs: [tuple(v.tolist()) for v in corpus.dense.embedder.encode(inputs)]
    return {"search": search, "embed": embed}


def reading(lm: TextModel, shots: Sequence) -> dict[str, Callable]:
    """read, draft, summarise, verify: a language model, always in batches."""

    def read(inputs):
        return reader.answer(lm, [reader.prompt(question, seen, shots) for question, seen in inputs])

    def draft(inputs):
        """The rationale is quoted: the sentence that shares most words with the question and the answer."""
        answers = read(inputs)
        rationales = [_quoted(question, seen, a) for (question, seen), a in zip(inputs, answers)]
        asked = [_without_shots(reader.prompt(question, seen, shots)) for question, seen in inputs]
        prefix = asked[0][0]  # the examples: the same for all, and read once
        beta = lm.score(
            [(b.removesuffix("Answer:") + "Evidence:", f" {r}") for (_, b), r in zip(asked, rationales)], prefix
        )
        alpha = lm.score([(b, f" {a or 'none'}") for (_, b), a in zip(asked, answers)], prefix)
        p = lambda score: probability([score.log_prob / score.tokens])
        return [(r, a, p(b), p(c)) for r, a, b, c in zip(rationales, answers, beta, alpha)]

    def summarise(inputs):
        prompts = [lm.chat(SUMMARY.format("\n".join(texts))) for texts in inputs]
        return [" ".join(s.split()) for s in lm.generate(prompts, tokens=40, stop="<|im_end|>", batch=8)]

    return {"read": read, "draft": draft, "summarise": summarise, "verify": lambda inputs: verify(lm, inputs)}


def _without_shots(prompt: str) -> tuple[str, str]:
    """The examples of a prompt, and what is asked after them."""
    examples, blank, asked = prompt.rpartition("\n\n")
    return examples + blank, asked


def _quoted(question: str, passages: Sequence[str], answer: str) -> str:
    wanted = set(evaluate.normalise(f"{question} {answer} {answer}").split())
    pieces = [piece for passage in passages for piece in strips(passage, 2)] or ["nothing"]
    return max(pieces, key=lambda piece: len(wanted & set(evaluate.normalise(piece).split())))


@torch.no_grad()
def verify(lm: TextModel, inputs: Sequence[tuple[str, str, str]], batch: int = 8) -> list[tuple[float, float]]:
    """(rho_SC, rho_SR) of (question, answer, rationale), per token, from one pass over [Q, alpha, beta, R, "Yes"]."""
    rows = []
    for question, answer, rationale in inputs:
        parts = (f"Question: {question}\nAnswer:", f" {answer}", f"\nEvidence: {rationale}", REFLECT, " Yes")
        rows.append([lm.encode(part) for part in parts])
    found = []
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        joined = [[token for piece in row for token in piece] for row in part]
        width = max(map(len, joined))
        x = torch.tensor([row + [lm.tokenizer.pad_token_id] * (width - len(row)) for row in joined], device=lm.device)
        log_p = lm.model(x, use_cache=False).logits.float().log_softmax(-1)[:, :-1]
        log_p = log_p.gather(-1, x[:, 1:, None])[..., 0]
        log_p = F.pad(log_p, (1, 0)).tolist()  # at place t now: the log-probability of token t
        for row, values in zip(part, log_p):
            end = torch.tensor([0, *map(len, row)]).cumsum(0).tolist()
            found.append(
                verifier_scores(
                    values,
                    slice(end[1], end[2]),
                    slice(end[2], end[3]),
                    slice(end[4], end[5]),
                    per_token=True,
                )
            )
    return found


def deciding(corpus: Corpus, n: int) -> dict[str, Callable]:
    """relevance, need, complexity: heads on MiniLM's vectors; support and utility: rules on words.

    Containment of the answer's words tells support from no support almost perfectly on these corpora, so support is
    that, split by relevance into full and partial; an answer is useful unless it is empty or echoes the question.
    """
    encode = corpus.dense.embedder.encode
    head = relevance_head(corpus, [q for q in data.country_questions() if q.split == "dev"][:: max(1, 1000 // n)])
    kinds = complexity_questions(n)
    q, y = encode([question.text for question, _ in kinds]), torch.tensor([kind for _, kind in kinds])
    complexity, need = specialists.decision(q, y, 3), specialists.decision(q, (y > 0).long(), 2)

    def relevance(inputs):
        pairs = encode([question for question, _ in inputs]), encode([passage for _, passage in inputs])
        return head.probabilities(specialists.pair_features(*pairs))[:, 1].tolist()

    def support(inputs):
        useful = relevance([(question, passage) for question, passage, _ in inputs])
        said = [evaluate.grounded(answer, [passage]) for _, passage, answer in inputs]
        return [(s * u, s * (1 - u), 1 - s) for s, u in zip(said, useful)]

    def utility(inputs):
        fresh = lambda q, a: bool(set(evaluate.normalise(a).split()) - set(evaluate.normalise(q).split()))
        return [(0.0, 0.0, 0.0, 0.0, 1.0) if fresh(q, a) else (1.0, 0.0, 0.0, 0.0, 0.0) for q, a in inputs]

    scaled = lambda inputs: specialists.SCALE * encode(inputs)
    return {
        "relevance": relevance,
        "support": support,
        "utility": utility,
        "need": lambda inputs: need.probabilities(scaled(inputs))[:, 1].tolist(),
        "complexity": lambda inputs: [tuple(p) for p in complexity.probabilities(scaled(inputs)).tolist()],
    }


def relevance_head(corpus: Corpus, questions: Sequence[Question], depth: int = 5) -> Classifier:
    """Gold passages against the others among the nearest `depth`."""
    asked = [question for question in questions if all(key in corpus.number for key in question.gold)]
    rankings = corpus.dense.search([question.text for question in asked], min(depth, len(corpus.texts)))[1].tolist()
    rows, places, useful = specialists.judged_pairs(rankings, [corpus.gold(question) for question in asked])
    q = corpus.dense.embedder.encode([question.text for question in asked])
    return specialists.relevance(q[rows], corpus.dense.x[places], torch.tensor(useful))


def complexity_questions(n: int) -> list[tuple[Question, int]]:
    """Dev questions of each kind with its class: 0 by heart, 1 one hop, 2 several. The labels before any run."""
    kinds = by_heart(), data.country_questions(), (*lookups(), *data.border_questions())
    found = []
    for kind, questions in enumerate(kinds):
        dev = [q for q in questions if q.split == "dev"]
        found += [(q, kind) for q in dev[:: max(1, len(dev) // n)]]
    return found
