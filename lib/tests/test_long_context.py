"""What llmcourse.long_context states, put to the test."""

import json
import random
from pathlib import Path

import pytest
import torch
from llmcourse import models, verdicts
from llmcourse.attention import window
from llmcourse.attention.experiments import PatternAttention
from llmcourse.long_context import (
    languages,
    line_experiments,
    little_retrieval,
    needle,
    rope,
    rope_experiments,
    translation,
    translation_experiments,
)
from llmcourse.long_context.mixers import HEADS, MIXERS, WINDOW, WindowAttention

REFERENCE = json.loads((Path(__file__).parent / "references" / "long_context.json").read_text("utf-8"))

# --- little retrieval

SLIDE = """line 1: REGISTER_CONTENT is <2156>
line 2: REGISTER_CONTENT is <9805>
[EXECUTE THIS]: Go to line 5 and report only REGISTER_CONTENT, without any context or additional text, \
just the number, then EXIT
line 3: REGISTER_CONTENT is <6668>
line 4: REGISTER_CONTENT is <1432>
line 5: REGISTER_CONTENT is <6727>
line 6: REGISTER_CONTENT is <3936>
line 7: REGISTER_CONTENT is <1805>
line 8: REGISTER_CONTENT is <431>
line 9: REGISTER_CONTENT is <1720>
line 10: REGISTER_CONTENT is <6794>"""


def test_the_test_of_the_slide_is_written_to_the_letter():
    contents = dict(enumerate((2156, 9805, 6668, 1432, 6727, 3936, 1805, 431, 1720, 6794), 1))
    assert little_retrieval.write(contents, asked=5, place=2) == SLIDE
    assert little_retrieval.parse(SLIDE) == little_retrieval.Test(SLIDE, 5, contents)


@pytest.mark.parametrize("shuffled", [False, True])
def test_what_is_drawn_can_be_parsed_and_the_instruction_stands_anywhere(shuffled):
    places = set()
    for seed in range(60):
        test = little_retrieval.draw(6, random.Random(seed), shuffled)
        assert little_retrieval.parse(test.text) == test and len(set(test.contents.values())) == 6
        assert (list(test.contents) != sorted(test.contents)) <= shuffled
        places.add(test.text.split("\n").index(little_retrieval.INSTRUCTION.format(asked=test.asked)))
    assert places == set(range(7))


def test_an_answer_is_the_first_number_that_it_has():
    test = little_retrieval.parse(SLIDE)
    assert little_retrieval.right("<6727>", test) and little_retrieval.right("It is 6727. EXIT", test)
    assert not little_retrieval.right("67271", test) and not little_retrieval.right("line 5: 6727", test)
    assert not little_retrieval.right("", test)
    assert little_retrieval.share(["6727", "1"], [test, test]) == 0.5


def test_bad_tests_are_refused():
    for call in (
        lambda: little_retrieval.draw(0, random.Random(0)),
        lambda: little_retrieval.write({1: 2}, 2, 0),
        lambda: little_retrieval.write({1: 2}, 1, 2),
        lambda: little_retrieval.parse("line 1: REGISTER_CONTENT is <2>"),
        lambda: little_retrieval.share([], []),
    ):
        with pytest.raises(ValueError):
            call()


# --- chrF


@pytest.mark.parametrize("case", REFERENCE["sentences"])
def test_chrf_of_a_sentence_is_sacrebleus(case):
    assert translation.chrf(case["hypothesis"], case["reference"]) == pytest.approx(case["chrf"], abs=1e-9)


def test_chrf_of_a_corpus_is_sacrebleus():
    pairs = [(case["hypothesis"], case["reference"]) for case in REFERENCE["sentences"]]
    assert translation.corpus_chrf(*zip(*pairs)) == pytest.approx(REFERENCE["corpus"], abs=1e-9)


def test_an_empty_reference_is_refused():
    with pytest.raises(ValueError, match="reference is empty"):
        translation.chrf("a", " ")
    with pytest.raises(ValueError, match="one each"):
        translation.corpus_chrf(["a"], [])


# --- made languages


def test_the_parser_with_a_whole_book_makes_no_mistake():
    for name, contents in languages.BOOKS.items():
        _, right, parsed = translation_experiments.exam(contents, 100)
        share = translation_experiments.marked(parsed, right)["words"]
        assert (share == 1) == (contents.words == 18), name
    assert 0.4 < translation_experiments.marked(*reversed(half_book()))["words"] < 0.6


def half_book():
    return translation_experiments.exam(languages.BOOKS["half book"], 200)[1:]


def test_a_book_tells_what_its_contents_say():
    rng = random.Random(0)
    of = languages.language(rng)
    for contents in languages.BOOKS.values():
        read = languages.book(rng, of, contents)
        assert len(read.text) == 2 + 2 * contents.words + 8 * contents.examples
        assert (of.order in read.text) == contents.grammar
        assert all(read.text[i] == of.words[read.text[i + 1]] for i in range(2, 2 + 2 * contents.words, 2))
    assert languages.decode(languages.encode([read.text])[0]) == read.text
    with pytest.raises(ValueError, match="19"):
        languages.book(rng, of, languages.Contents(19, 0, True))


def test_a_question_asks_for_english_words_only():
    tokens, targets = next(translation_experiments.batches(0, 100))
    asked = targets >= 0
    assert asked.any() and set(languages.decode(targets[asked])) <= set(languages.ENGLISH)
    tokens, targets = next(b for i, b in enumerate(translation_experiments.batches(0, 10)) if i == 9)
    following = torch.cat([tokens[:, 1:], tokens[:, -1:]], 1)
    assert (following == targets)[:, :-1][targets[:, :-1] >= 0].all()


# --- needles, by tokens

HAY, ENDS = [n if n % 10 else 0 for n in range(1, 1001)], {0}  # a sentence ends at every tenth token


@pytest.mark.parametrize("depth, before", [(0, 0), (0.1, 40), (0.5, 240), (0.999, 490), (1, 497)])
def test_a_needle_stands_after_a_sentence(depth, before):
    context = needle.place(HAY, [-1, -2, -3], depth, 500, ENDS)
    assert len(context) == 500 and context.index(-1) == before
    assert [token for token in context if token >= 0] == HAY[:497]
    assert context == needle.scatter(HAY, [[-1, -2, -3]], [depth], 500, ENDS)


def test_many_needles_stand_in_the_order_of_their_depths():
    context = needle.scatter(HAY, [[-3], [-1], [-2]], [0.9, 0.1, 0.5], 300, ENDS)
    assert len(context) == 300 and [token for token in context if token < 0] == [-1, -2, -3]


@pytest.mark.parametrize(
    "haystack, length, depth, words",
    [(HAY, 2, 0.5, "longer context"), (HAY[:50], 500, 0.5, "longer text"), (HAY, 500, 1.1, "depth is 1.1")],
)
def test_a_needle_that_does_not_fit_is_refused(haystack, length, depth, words):
    with pytest.raises(ValueError, match=words):
        needle.place(haystack, [-1, -2, -3], depth, length, ENDS)


def test_a_heat_map_has_wilsons_intervals():
    right = torch.rand(7, 2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64).round()
    mean, low, high = needle.heat_map(right)
    for i in range(2):
        for j in range(3):
            k = int(right[:, i, j].sum())
            assert mean[i, j] == pytest.approx(k / 7)
            assert (low[i, j].item(), high[i, j].item()) == pytest.approx(verdicts.wilson(k / 7, 7), abs=1e-12)
    with pytest.raises(ValueError):
        needle.heat_map(right[:0])


def test_no_content_word_of_a_fact_is_in_its_last_question():
    common = {"the", "is", "by", "in", "a", "and", "are", "be"}
    for same, moved, synonyms, none in needle.FACTS:
        words = lambda text: set(text.lower().replace("'s", "").split()) - common
        assert sorted(moved.lower().split()) == sorted(same.lower().split())
        assert not words(none) & words(same) and not words(synonyms) & words(same)


@pytest.mark.slow
def test_many_questions_and_depths_on_one_reading_are_as_one_by_one():
    model = models.load(dtype=torch.float32)
    hay, ends = model.encode("The sun rose over the hills. " * 40), needle.sentence_ends(model)
    planted, depths = model.encode(" The code is 4711."), (0.0, 0.5, 1.0)
    question = ("\nThe code is", " 4711")
    pasts = needle.at_depths(model, hay, planted, depths, 200, ends)
    for depth, past in zip(depths, pasts):
        alone = model.score([question], prefix=model.tokenizer.decode(needle.place(hay, planted, depth, 200, ends)))
        together = needle.ask(model, past, [question, ("\nThe sun", " rose")])
        assert together[0].log_prob == pytest.approx(alone[0].log_prob, abs=2e-3)
        assert (needle.write(model, past, question[0], together[0].tokens) == " 4711") == together[0].greedy


# --- rotary positions


def theirs(kind: str, length: int | None = None, **kw):
    functions = pytest.importorskip("transformers.modeling_rope_utils").ROPE_INIT_FUNCTIONS
    from transformers import LlamaConfig

    scaling = {"rope_type": kind, "rope_theta": rope.BASE, **kw}
    config = LlamaConfig(hidden_size=256, num_attention_heads=4, max_position_embeddings=128, rope_parameters=scaling)
    return functions[kind](config, "cpu", seq_len=length)


@pytest.mark.parametrize("s", [1.0, 2.0, 4.0, 16.0])
def test_scalings_are_those_of_transformers(s):
    near = lambda ours, found: torch.testing.assert_close(ours.float(), found, rtol=2e-6, atol=0)
    near(rope.interpolated(64, s), theirs("linear", factor=s)[0])
    near(rope.ntk_aware(64, s), theirs("dynamic", factor=1.0, length=int(128 * s))[0])
    f, factor = rope.yarn(64, s, 128)
    found, their_factor = theirs("yarn", factor=s, original_max_position_embeddings=128)
    near(f, found)
    assert factor == pytest.approx(their_factor)


def test_a_score_depends_on_the_distance_alone():
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 1, 8, generator=generator, dtype=torch.float64)
    f = rope.plain(8)
    scores = [(rope.rotate(q, f, first=t + 5) * rope.rotate(k, f, first=t)).sum().item() for t in (0, 3, 100)]
    assert scores == pytest.approx([scores[0]] * 3)
    turned = rope.rotate(torch.randn(9, 8, generator=generator, dtype=torch.float64), f)
    assert torch.allclose(turned[0], rope.rotate(turned, f)[0])


def test_interpolation_never_leaves_the_trained_angles():
    s, trained = 4, 128
    assert (rope.interpolated(64, s) * (s * trained - 1)).max() <= (rope.plain(64) * trained).max()
    assert rope.ntk_aware(64, s)[0] == rope.plain(64)[0]
    assert torch.allclose(rope.ntk_aware(64, s)[-1], rope.plain(64)[-1] / s)


def test_bad_scalings_are_refused():
    with pytest.raises(ValueError, match="even"):
        rope.plain(7)
    with pytest.raises(ValueError, match="1 or more"):
        rope.interpolated(8, 0.5)
    with pytest.raises(KeyError):
        rope.scale(rope.RotaryAttention(16, 32), "magic", 2)


# --- small models


@pytest.mark.parametrize("name", MIXERS)
def test_token_by_token_is_all_at_once(name):
    torch.manual_seed(0)
    model = line_experiments.small(name).eval()
    tokens, _ = line_experiments.lines(2, 20, 20, torch.Generator().manual_seed(1))
    with torch.no_grad():
        whole, _ = model(tokens)
        parts, state = [], None
        for x in tokens.split(1, 1):
            logits, state = model(x, state)
            parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=1e-3, atol=1e-4)


def test_all_mixers_have_about_the_same_size():
    sizes = [line_experiments.small(name).parameters_count for name in MIXERS]
    assert max(sizes) < 1.1 * min(sizes)


def test_only_softmax_keeps_more_of_more_lines():
    for name in MIXERS:
        few, many = (line_experiments.kept(line_experiments.small(name), n) for n in (32, 128))
        assert (many == 4 * few) if name == "softmax" else (many == few), name


def test_a_window_is_the_pattern_of_lecture_06():
    torch.manual_seed(0)
    ours, x = WindowAttention(16), torch.randn(2, 90, 16)
    theirs = PatternAttention(16, (window(WINDOW, causal=True),) * HEADS)
    theirs.load_state_dict(ours.state_dict())
    torch.testing.assert_close(ours(x)[0], theirs(x)[0])


def test_every_line_is_asked_once_and_its_content_is_the_target():
    tokens, targets = line_experiments.lines(3, 10, 10, torch.Generator().manual_seed(0))
    for text, target in zip(tokens.tolist(), targets.tolist()):
        content = dict(zip(text[:20:2], text[1:20:2]))
        assert [content[number] for number in text[20:]] == target[20:] and sorted(text[20:]) == sorted(content)
    with pytest.raises(ValueError):
        line_experiments.lines(1, 129, 1, torch.Generator())


# --- the experiments run


def test_the_experiments_on_small_models_run():
    run = line_experiments.run("window", 2, 0, 1e-3, (4, 8))
    assert set(run["accuracy"]) == {"4", "8"}
    run = translation_experiments.run(0, 2, 8)
    assert set(run["marks"]) == set(languages.BOOKS)
    run = rope_experiments.run(0, 2, (1, 2))
    assert set(run["accuracy"]) == set(rope.SCALINGS) and len(run["accuracy"]["YaRN"]) == 2
