"""REALM, RETRO and RA-DIT: against transformers, retro-pytorch, fed-rag, peft; everything else against enumeration."""

import re
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from llmcourse import retrieval_models as rm
from llmcourse.models import GPT, SoftmaxAttention
from llmcourse.models.training import train
from llmcourse.models.tuning import IGNORED, answer_loss
from llmcourse.retrieval_models import (
    cross_attention,
    experiments,
    halves_experiments,
    latent_experiments,
    live_experiments,
    masked_model,
    masking,
    prose_experiments,
    radit,
    realm,
    retro,
    retro_experiments,
)
from safetensors.torch import load_file

float64 = torch.float64
OTHERS = load_file(Path(__file__).parent / "references" / "retrieval_models.safetensors")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed), dtype=float64)


def close(a, b, tolerance=1e-10):
    torch.testing.assert_close(a, torch.as_tensor(b, dtype=a.dtype), rtol=0, atol=tolerance)


# ------------------------------------------------------------------ REALM


def test_the_marginal_is_a_sum_over_documents():
    s, log_py = normal(3, 5), normal(3, 5, seed=1).log_softmax(0)
    by_hand = [sum(s[b].softmax(0)[z] * log_py[b, z].exp() for z in range(5)) for b in range(3)]
    close(rm.log_marginal(s.log_softmax(-1), log_py).exp(), torch.stack(by_hand))


def test_the_marginal_of_a_long_answer_does_not_underflow():
    log_py = torch.tensor([-900.0, -901.0])
    assert rm.log_marginal(torch.full((2,), 0.5).log(), log_py).isfinite()


def test_the_reward_is_the_gradient_of_the_scores():
    """r(z) of section 3.4 against autograd, and against the definition by enumeration."""
    s, log_py = normal(4, 6).requires_grad_(), 3 * normal(4, 6, seed=1)
    gradient = torch.autograd.grad(rm.log_marginal(s.log_softmax(-1), log_py).sum(), s)[0]
    r = rm.reward(s.log_softmax(-1), log_py)
    close(r, gradient)
    p, y = s.softmax(-1), log_py.exp()
    for b in range(4):
        marginal = sum(p[b, z] * y[b, z] for z in range(6))
        close(r[b], torch.stack([(y[b, z] / marginal - 1) * p[b, z] for z in range(6)]))
    close(r.sum(-1), torch.zeros(4))
    close(r, rm.posterior(s.log_softmax(-1), log_py) - p)


def test_the_gradient_reaches_the_encoder_as_in_the_paper():
    """The gradient of log p(y | x) by the query's vector is sum_z r(z) d_z."""
    q, d, log_py = normal(4).requires_grad_(), normal(5, 4, seed=1), normal(5, seed=2)
    log_pz = (d @ q).log_softmax(-1)
    found = torch.autograd.grad(rm.log_marginal(log_pz, log_py), q)[0]
    close(found, rm.reward(log_pz.detach(), log_py) @ d)


def test_the_marginal_is_the_loss_of_transformers_rag():
    """Of RagSequenceForGeneration, whose targets are shifted inside, with and without padding."""
    from transformers import RagSequenceForGeneration

    B, K, T, V = 3, 4, 5, 7
    logits, s = normal(B * K, T, V), normal(B, K, seed=1)
    target = torch.randint(1, V, (B, T), generator=generator(2))
    target[1, 4:] = 0
    config = SimpleNamespace(generator=SimpleNamespace(pad_token_id=0, bos_token_id=None), bos_token_id=None, n_docs=K)
    theirs = RagSequenceForGeneration.get_nll(SimpleNamespace(config=config), logits, s, target)
    log_p = logits.log_softmax(-1).unflatten(0, (B, K))[:, :, :-1]
    y = target[:, None, 1:, None].expand(-1, K, -1, 1)
    log_py = (log_p.gather(-1, y)[..., 0] * (target[:, None, 1:] != 0)).sum(-1)
    close(-rm.log_marginal(s.log_softmax(-1), log_py), theirs)
    close(-radit.mixture_log_prob(s, log_py), theirs)


def test_candidates_are_without_the_querys_own_document():
    found = torch.tensor([[3, 5, 1], [4, 0, 2], [7, 8, 9]])
    assert rm.candidates(found, torch.tensor([5, 4, rm.NULL])).tolist() == [[3, 1], [0, 2], [7, 8]]


def test_scores_are_fresh_and_end_with_the_null_document():
    q, d, null = normal(2, 3), normal(6, 3, seed=1).requires_grad_(), normal(3, seed=2)
    found = torch.tensor([[4, 1], [0, 5]])
    s = realm.scores(q, d, found, null)
    close(s[1], torch.stack([q[1] @ d[0], q[1] @ d[5], q[1] @ null]))
    s.sum().backward()
    assert d.grad.abs().sum(-1).gt(0).tolist() == [True, True, False, False, True, True]


class Encoder:
    """Vectors that move on at every step."""

    def __init__(self, n=6):
        self.d = normal(n, 3)

    def __call__(self):
        return self.d


def test_an_index_lags_behind_and_is_swapped_while_training_goes_on():
    encoder = Encoder()
    index = rm.Index(encoder, most=4)
    q, nobody = encoder.d[:1].clone() * 9, torch.tensor([rm.NULL])
    old = index.search(q, 1, nobody, step=4)
    index.begin(step=4)  # with the vectors of step 4
    encoder.d = encoder.d.flip(0)
    assert torch.equal(index.search(q, 1, nobody, step=4), old)
    index.begin(step=4)
    index.swap()
    assert index.search(q, 1, nobody, step=6).item() == 5 - old.item() and index.made == 4


def test_an_index_older_than_allowed_is_refused():
    index = rm.Index(Encoder(), most=4)
    with pytest.raises(ValueError, match="made at step 0, and this is step 5"):
        index.search(normal(1, 3), 2, torch.tensor([0]), step=5)


def test_fewer_documents_than_wanted_are_refused():
    with pytest.raises(ValueError, match="There are 6 documents: that leaves 5"):
        rm.Index(Encoder(), most=0).search(normal(1, 3), 6, torch.tensor([0]), step=0)


def test_the_reader_sums_over_the_gaps_and_ignores_padding():
    torch.manual_seed(0)
    model = rm.MaskedReader(11, 8, layers=2, heads=2).eval()
    x, z = torch.randint(1, 11, (2, 5)), torch.randint(1, 11, (2, 3, 4))
    z[:, 2] = masked_model.PAD  # the null document
    targets = torch.full((2, 5), IGNORED)
    targets[0, 1:3], targets[1, 4] = torch.tensor([3, 4]), 7
    with torch.no_grad():
        log_p = model(x, z).log_softmax(-1)
        found = model.log_likelihood(x, z, targets)
        longer = model.log_likelihood(x, torch.nn.functional.pad(z, (0, 3)), targets)
    close(found[0], log_p[0, :, 1, 3] + log_p[0, :, 2, 4], 1e-6)
    close(found[1], log_p[1, :, 4, 7], 1e-6)
    close(longer, found, 1e-5)


def test_salient_spans_are_names_dates_and_numbers():
    text = "The state of Chad won its independence on 11 August 1960. Since then Idriss Deby ruled for 30 years."
    found = [text[a:b] for a, b in rm.salient_spans(text)]
    assert found == ["Chad", "11 August 1960", "Idriss Deby", "30"]


def test_a_span_is_hidden_whole():
    tokens = torch.arange(10, 17).repeat(2, 1)
    O, B, I = masking.OUTSIDE, masking.BEGIN, masking.INSIDE
    tags = torch.tensor([[O, B, I, O, B, B, I], [B, I, I, O, O, O, B]])
    hidden, targets = rm.mask_span(tokens, tags, torch.tensor([0, 1]), mask=99)
    assert hidden.tolist() == [[10, 99, 99, 13, 14, 15, 16], [10, 11, 12, 13, 14, 15, 99]]
    no = IGNORED
    assert targets.tolist() == [[no, 11, 12, no, no, no, no], [no] * 6 + [16]]
    with pytest.raises(ValueError, match="Text 1 has no salient span number 2"):
        rm.mask_span(tokens, tags, torch.tensor([2, 2]), mask=99)


def test_inverse_cloze_leaves_the_sentence_in_now_and_then():
    g, sentences = generator(), ["a b.", "c d.", "e f."]
    pairs = [rm.inverse_cloze(sentences, g, keep=0.1) for _ in range(2000)]
    assert {q for q, _ in pairs} == set(sentences)
    assert abs(sum(q in d for q, d in pairs) / 2000 - 0.1) < 0.02
    with pytest.raises(ValueError, match="leaves no document"):
        rm.inverse_cloze(["alone."], g)


def test_the_warm_up_is_a_cross_entropy_in_the_batch():
    q, d = normal(4, 3), normal(4, 3, seed=1)
    by_hand = [-(q[i] @ d[i]) + (d @ q[i]).logsumexp(0) for i in range(4)]
    close(rm.in_batch_loss(q, d), torch.stack(by_hand).mean())


# ------------------------------------------------------------------ RETRO: the database


def texts(lengths=(10, 3, 8), seed=0):
    g = generator(seed)
    return [torch.randint(1, 50, (n,), generator=g) for n in lengths]


def test_continuations_are_what_follows_and_end_with_the_text():
    documents = texts()
    db = rm.chunked(documents, 4)
    assert db.document.tolist() == [0, 0, 0, 1, 2, 2] and db.chunk.shape == (6, 4)
    whole = [torch.cat([db.chunk[db.document == i].flatten()]) for i in range(3)]
    assert all(torch.equal(w[: len(t)], t) and not w[len(t) :].any() for w, t in zip(whole, documents))
    assert torch.equal(db.continuation[0], documents[0][4:8]) and torch.equal(db.continuation[4], documents[2][4:8])
    assert not db.continuation[2].any() and not db.continuation[3].any() and not db.continuation[5].any()


def test_neighbours_are_the_nearest_of_other_texts():
    db, keys, q = rm.chunked(texts((9, 12, 16, 5)), 4), normal(12, 6), normal(7, 6, seed=1)
    own = torch.tensor([0, 1, 2, 3, -1, 0, 2])
    found = rm.neighbours(db, keys, q, own, 2, block=3)
    assert found.shape == (7, 2, 8)
    for row, vector, mine in zip(found, q, own):
        allowed = [i for i in range(12) if db.document[i] != mine]
        best = sorted(allowed, key=lambda i: -(vector @ keys[i]).item())[:2]
        assert torch.equal(row, torch.stack([torch.cat([db.chunk[i], db.continuation[i]]) for i in best]))


def test_what_cannot_be_cut_or_found_is_refused():
    with pytest.raises(ValueError, match="Document 1 is empty"):
        rm.chunked([torch.ones(3), torch.ones(0)], 2)
    db = rm.chunked(texts((8, 4)), 4)
    with pytest.raises(ValueError, match="only 1 chunks are from other texts"):
        rm.neighbours(db, normal(3, 2), normal(1, 2), torch.tensor([0]), 2)


# ------------------------------------------------------------------ RETRO: attention


@pytest.mark.parametrize("L", [1, 3, 4, 11, 12, 14])
@pytest.mark.parametrize("m", [1, 4])
def test_the_shifted_attention_is_that_of_token_by_token(L, m):
    U, lead = L // m, (2, 3)
    q, k, v = normal(*lead, L, 5), normal(*lead, U, 7, 5, seed=1), normal(*lead, U, 7, 5, seed=2)
    inputs = [x.requires_grad_() for x in (q, k, v)]
    ours, plain = rm.chunked_cross_attention(*inputs, m), rm.token_by_token(*inputs, m)
    close(ours, plain)
    if U:
        weights = normal(*plain.shape, seed=3)
        pairs = [torch.autograd.grad((out * weights).sum(), inputs) for out in (ours, plain)]
        for a, b in zip(*pairs):
            close(a, b)


def test_padding_of_neighbours_is_not_read():
    q, k, v = normal(9, 5), normal(3, 6, 5, seed=1), normal(3, 6, 5, seed=2)
    there = torch.ones(3, 6, dtype=torch.bool)
    there[0, 4:], there[1] = False, False
    out = rm.chunked_cross_attention(q, k, v, 3, there)
    close(out[2:5], rm.token_by_token(q[:5], k[:1, :4], v[:1, :4], 3)[2:])
    close(out[5:8], torch.zeros(3, 5))
    assert out.isfinite().all()


def test_neighbours_of_other_than_the_complete_chunks_are_refused():
    with pytest.raises(ValueError, match="9 tokens are 2 complete chunks of 4, and there are neighbours of 3"):
        rm.chunked_cross_attention(normal(9, 2), normal(3, 5, 2), normal(3, 5, 2), 4)


def test_the_attention_is_that_of_retro_pytorch():
    """Its layer has a key of its own that is always there; here that is one token more of each neighbour."""
    x, E = OTHERS["retro.x"], OTHERS["retro.E"].flatten(2, 3)
    weight = {name: OTHERS[f"retro.{name}.weight"] for name in ("to_q", "to_k", "to_v", "to_out")}
    heads = lambda y: y.unflatten(-1, (2, 3)).movedim(-2, 1)
    with_null = lambda name, null: torch.cat(
        [OTHERS[f"retro.{null}"].expand(*E.shape[:2], 1, -1), E @ weight[name].mT], 2
    )
    k, v = heads(with_null("to_k", "null_k")), heads(with_null("to_v", "null_v"))
    z = rm.chunked_cross_attention(heads(x @ weight["to_q"].mT), k, v, 4)
    y = z.transpose(1, 2).flatten(-2) @ weight["to_out"].mT + OTHERS["retro.to_out.bias"]
    close(y[:, 3:], OTHERS["retro.y"][:, 3:], 1e-6)
    assert not OTHERS["retro.y"][:, :3].any()


# ------------------------------------------------------------------ RETRO: the model


def model(layers=2, m=4, where=None, seed=0):
    torch.manual_seed(seed)
    made = rm.Retro(GPT(20, 16, layers, SoftmaxAttention), m, heads=2, layers=where).double()
    for module in made.modules():  # what begins at 0 would hide every leak
        if isinstance(module, retro.CrossAttention):
            torch.nn.init.normal_(module.out.weight, std=0.5)
    return made


def read(L=14, m=4, k=2, seed=0):
    g = generator(seed)
    return torch.randint(1, 20, (1, L), generator=g), torch.randint(1, 20, (1, L // m, k, 2 * m), generator=g)


@torch.no_grad()
def changed(net, tokens, near, other_tokens=None, other_near=None):
    before = net(tokens, near)[0]
    after = net(tokens if other_tokens is None else other_tokens, near if other_near is None else other_near)[0]
    return (before - after).abs().amax(-1)[0] > 1e-9


def test_no_token_changes_what_was_predicted_before_it():
    net, (tokens, near) = model(3), read()
    for t in range(tokens.shape[1]):
        other = tokens.clone()
        other[:, t] = other[:, t] % 19 + 1
        moved = changed(net, tokens, near, other_tokens=other)
        assert not moved[:t].any() and moved[t]


def test_neighbours_of_a_chunk_change_nothing_before_its_last_token():
    """With a reader in the last layer alone exactly what changes in retro-pytorch, with more all that comes later."""
    net, (tokens, near) = model(2), read(12)
    for u in range(3):
        other = near.clone()
        other[:, u] = other[:, u] % 19 + 1
        assert torch.equal(changed(net, tokens, near, other_near=other), OTHERS["retro.changed"][u])
        early = changed(model(3, where=(0, 2)), tokens, near, other_near=other)
        assert not early[: 4 * u + 3].any() and early[4 * u + 3 :].all()


def test_a_neighbour_is_encoded_with_its_chunk():
    net, (tokens, near) = model(), read(8)
    h = net.gpt.embedding(tokens).detach()
    before = net.encoded(h, near)
    h[:, 5] += 1.0
    moved = (net.encoded(h, near) - before).abs().amax(-1)[0] > 1e-9  # (U, N)
    assert not moved[0].any() and moved[1].all()


def test_retro_begins_as_the_gpt_and_fitting_leaves_it_alone():
    torch.manual_seed(0)
    gpt = GPT(20, 16, 3, SoftmaxAttention)
    net, (tokens, near) = rm.Retro(gpt, 4, heads=2).fit(), read()
    assert torch.equal(net(tokens, near)[0], gpt(tokens)[0]) and torch.equal(net(tokens)[0], gpt(tokens)[0])
    before = {name: p.clone() for name, p in gpt.named_parameters()}
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        net(tokens, near)[0].square().sum().backward()
        optimizer.step()
    assert all(torch.equal(p, before[name]) for name, p in gpt.named_parameters())
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.new if p.ndim > 1)


def test_every_third_layer_reads():
    assert [retro.reading_layers(n) for n in (1, 2, 3, 6, 12)] == [(0,), (1,), (2,), (2, 5), (2, 5, 8, 11)]
    assert list(model(6).readers) == ["2", "5"]


def test_neighbours_of_the_wrong_shape_are_refused():
    net, (tokens, near) = model(), read()
    for wrong in (near[:, :2], near[..., :7]):
        with pytest.raises(ValueError, match=re.escape("14 tokens have 3 complete chunks of 4")):
            net(tokens, wrong)


def test_a_chunk_without_neighbours_predicts_as_the_gpt():
    net, (tokens, near) = model(), read(8)
    close(net(tokens, torch.zeros_like(near))[0], net(tokens)[0])


# ------------------------------------------------------------------ RA-DIT


def test_the_retrievers_loss_is_a_divergence_of_torch():
    from torch.distributions import Categorical, kl_divergence

    s, p = normal(3, 5).requires_grad_(), torch.rand(3, 5, generator=generator(1), dtype=float64)
    target = torch.softmax(p / 0.1, -1)
    close(rm.lsr_targets(p.log(), 0.1), target)
    loss = rm.lsr_loss(s, p.log(), 0.1)
    close(loss, kl_divergence(Categorical(logits=s), Categorical(probs=target)))
    other = torch.nn.functional.kl_div(target.log(), s.softmax(-1), reduction="none").sum(-1)
    close(torch.autograd.grad(loss.sum(), s)[0], torch.autograd.grad(other.sum(), s)[0])


def test_no_gradient_reaches_the_language_model():
    s, log_py = normal(2, 3).requires_grad_(), normal(2, 3, seed=1).requires_grad_()
    rm.lsr_loss(s, log_py, 1.0).sum().backward()
    assert log_py.grad is None and s.grad.abs().sum() > 0


def test_fed_rag_has_the_divergence_the_other_way_round():
    """Its targets are ours; its loss is KL(p_LSR || p_R), where eq. 5 has KL(p_R || p_LSR)."""
    s, p = OTHERS["lsr.s"].double(), OTHERS["lsr.p"].double()
    q = rm.lsr_targets(p.log(), 0.5)
    close((q * (q.log() - s.log_softmax(-1))).sum(-1).mean(), OTHERS["lsr.loss"], 1e-6)
    assert abs(rm.lsr_loss(s, p.log(), 0.5).mean() - OTHERS["lsr.loss"]) > 0.01


def test_the_mixture_is_a_sum_of_probabilities():
    s, logits = normal(2, 3), normal(2, 3, 4, 5, seed=1)
    by_hand = sum(s.softmax(-1)[:, k, None, None] * logits[:, k].softmax(-1) for k in range(3))
    close(rm.mixture(s, logits).exp(), by_hand)


def test_a_whole_answer_is_not_its_tokens_one_by_one():
    """Only a reader that knew the first word is believed about the second."""
    log = lambda rows: torch.tensor(rows, dtype=float64).log()
    logits = log([[[0.9, 0.1], [0.9, 0.1]], [[0.1, 0.9], [0.1, 0.9]]])  # (K, L, V): each is sure of its own word
    s, tokens = torch.zeros(2, dtype=float64), torch.tensor([0, 0])
    log_py = logits.log_softmax(-1)[:, torch.arange(2), tokens].sum(-1)
    close(rm.mixture_log_prob(s, log_py).exp(), 0.5 * 0.81 + 0.5 * 0.01)
    close(rm.mixture(s, logits)[torch.arange(2), tokens].sum().exp(), 0.25)


def test_each_passage_is_an_example_and_empty_ones_are_refused():
    pairs = rm.parallel("Who?", "Ada", ["One.", "Two."])
    assert pairs[1] == ("Background: Two.\n\nQuestion: Who?\nAnswer:", " Ada\n") and len(pairs) == 2
    with pytest.raises(ValueError, match="The passage is empty"):
        rm.parallel("Who?", "Ada", [" "])


def test_the_loss_at_the_answer_is_that_of_transformers_with_an_adapter_of_peft():
    peft, transformers = pytest.importorskip("peft"), pytest.importorskip("transformers")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    lm = transformers.LlamaForCausalLM(transformers.LlamaConfig(vocab_size=30, **sizes)).double()
    lora = peft.LoraConfig(r=2, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    lm = peft.inject_adapter_in_model(lora, lm)
    tokens = torch.randint(1, 30, (3, 9), generator=generator())
    labels = tokens.clone()  # the answers: the last 3, 2 and 4 tokens
    for row, n in enumerate((3, 2, 4)):
        labels[row, :-n] = IGNORED
    targets = torch.nn.functional.pad(labels[:, 1:], (0, 1), value=IGNORED)
    ours, theirs = answer_loss(lm, (tokens, targets)), lm(tokens, labels=labels).loss
    close(ours, theirs, 1e-6)
    parts = [p for name, p in lm.named_parameters() if "lora" in name]
    for a, b in zip(torch.autograd.grad(ours, parts), torch.autograd.grad(theirs, parts)):
        close(a, b, 1e-6)


class Words:
    """A tokenizer of characters and a model of four letters, of which the last passage's reader prefers another."""

    eos_token_id, device = 0, "cpu"

    def __call__(self, texts, return_tensors, padding):
        width = max(map(len, texts))
        rows = torch.tensor([[1] * (width - len(t)) + [2 + ord(c) % 2 for c in t] for t in texts])
        return Encoding(input_ids=rows, attention_mask=(rows != 1).long())

    def decode(self, tokens):
        return "".join("_\nab"[t] for t in tokens)


class Encoding(dict):
    def to(self, device):
        return self


def test_decoding_by_the_mixture_follows_the_more_relevant_reader():
    tokenizer = Words()

    def reads(rows, attention_mask, use_cache, logits_to_keep):
        liked = torch.tensor([2, 3]) if rows.shape[1] < reads.width + 3 else torch.tensor([1, 1])
        return SimpleNamespace(logits=5 * torch.nn.functional.one_hot(liked, 4).float()[:, None])

    lm = SimpleNamespace(tokenizer=tokenizer, model=reads, device="cpu")
    passages = ["first", "second"]
    reads.width = max(len(radit.prompt("?", p)) for p in passages)
    assert radit.answer(lm, "?", passages, torch.tensor([1.0, 0.0])) == "aaa"
    assert radit.answer(lm, "?", passages, torch.tensor([0.0, 1.0])) == "bbb"
    with pytest.raises(ValueError, match="2 passages and 1 scores"):
        radit.answer(lm, "?", passages, torch.tensor([0.0]))


# ------------------------------------------------------------------ experiments


def test_the_copying_reader_copies_or_recalls():
    texts, answers = ["Lima capital Peru large", "currency sol Peru sol gold"], ["Lima", "sol Peru"]
    found = experiments.copying(texts, answers, odds=0.5).exp()
    recalled = lambda count: 0.5 * (count + 0.1) / 9
    close(found[0], [0.5 / 4 + recalled(1), recalled(1)], 1e-6)
    close(
        found[1], [recalled(2) * (0.5 / 4 + recalled(2)), (0.5 * 2 / 5 + recalled(2)) * (0.5 / 5 + recalled(2))], 1e-6
    )


def small_world():
    """Twelve passages on axes of their own; the reader likes the gold passage."""
    x = torch.nn.functional.normalize(torch.randn(12, 20, generator=generator()), dim=-1)
    gold = torch.arange(12).repeat(3)
    q = x[gold].roll(1, -1) + 0.1 * torch.randn(36, 20, generator=generator(1))
    facts = experiments.Facts(q, gold, torch.full((36, 12), 1e-4).scatter(1, gold[:, None], 0.5).log())
    return experiments.World(x, facts, facts, facts, facts)


@pytest.mark.parametrize("arm", experiments.ARMS)
def test_every_arm_learns_but_the_control(arm, monkeypatch):
    monkeypatch.setattr(experiments, "TOP", 8)
    run = experiments.learn(small_world(), arm, seed=0, lr=0.03, steps=90)
    better = run.after["test"] - run.before["test"]
    assert better < 0.1 if arm == "another's reader" else better > 0.2


def test_the_loss_is_that_of_all_documents_if_k_is_all(monkeypatch):
    monkeypatch.setattr(experiments, "TOP", 11)  # of 12, one of which would be the query's own
    w, rows = small_world(), torch.arange(5)
    net = experiments.Retriever(20, generator())
    q = net.queries(w.train.q[rows])
    found = torch.arange(12).expand(5, 12)
    s = realm.scores(q, net.documents(w.x), found, net.null)
    close(s[:, :12], net(w.train.q[rows], w.x), 1e-5)
    assert experiments.TopK()(net, w.x, w.train, rows, 0).isfinite()


def test_overlap_is_what_can_be_copied():
    tokens = torch.arange(1, 41)[None].clone()  # 2 chunks of 20
    near = torch.zeros(1, 2, 1, 40, dtype=torch.long)
    near[0, 0, 0, :12] = torch.arange(21, 33)  # 12 characters in a row: 5 runs of 8, of 13
    close(retro_experiments.overlaps(tokens, near, 20), [[-1.0, 5 / 13]], 1e-6)


def test_bits_are_counted_where_something_can_be_read():
    """A model that knows every character but those of the last chunk pays for that chunk alone."""
    tokens = torch.randint(1, 9, (3, 12), generator=generator())
    tokens[2, 10:] = 0
    near = torch.zeros(3, 3, 1, 8, dtype=torch.long)
    overlap = torch.tensor([[-1, 0.0, 0.9], [-1, 0.0, 0.0], [-1, 0.3, 0.9]])
    texts = retro_experiments.Texts(tokens, near, near, overlap)

    def knows(x, near):
        logits = 40 * torch.nn.functional.one_hot(torch.nn.functional.pad(x[:, 1:], (0, 1)), 9).float()
        logits[:, 7:] = 0
        return logits, None

    found = retro_experiments.bits(knows, texts, "near")
    close(torch.tensor(found["most"]), torch.tensor(9.0).log2(), 1e-5)
    close(torch.tensor(found["some"]), 0.0, 1e-5)
    close(torch.tensor(found["little"]), torch.tensor(9.0).log2() / 3, 1e-5)
    close(torch.tensor(found["all"]), torch.tensor(9.0).log2() * 10 / 22, 1e-5)


@pytest.mark.slow
def test_a_small_retro_learns_to_copy():
    """What follows is random, and stands in the neighbour: only a model that reads it gets below chance."""
    g, m = generator(), 8
    tokens = torch.randint(1, 9, (256, 2 * m), generator=g)
    near = torch.zeros(256, 2, 1, 2 * m, dtype=torch.long)
    near[:, 0, 0] = tokens
    texts = retro_experiments.Texts(tokens, near, near, torch.tensor([[-1.0, 1.0]]).expand(256, -1))
    net = retro_experiments.model(9, 0, m=m, d=32)
    drawn = retro_experiments.batches(texts, "near", g, 32)
    train(net, drawn, 250, lr=1e-2, loss=retro_experiments.loss)
    fresh = torch.randint(1, 9, (64, 2 * m), generator=g)
    seen = torch.zeros(64, 2, 1, 2 * m, dtype=torch.long)
    seen[:, 0, 0] = fresh
    held = retro_experiments.Texts(fresh, seen, torch.zeros_like(seen), texts.overlap[:64])
    assert retro_experiments.bits(net, held, "near")["all"] < 2 < retro_experiments.bits(net, held, "stray")["all"]


def test_every_arm_is_searched_alike():
    found = experiments.compared(small_world(), ("labels", "latent"), seeds=(0, 1), rates=(1e-3, 3e-2), steps=20)
    assert found.rates == dict.fromkeys(("labels", "latent"), 3e-2) and len(found.recall("latent")) == 2


def test_the_readers_half_finds_the_odds_of_copying():
    w = small_world()
    net = experiments.learn(w, "labels", 0, 0.03, 60).retriever
    timid = torch.full((36, 12), 0.1).log()
    assert halves_experiments.tuned_odds(net, w.x, w.train, {0.1: timid, 0.5: w.train.log_py}) == 0.5
    likely = halves_experiments.log_likelihood(net, w.x, w.train._replace(log_py=timid))
    close(torch.tensor(likely), torch.tensor(0.1).log(), 1e-5)


def test_made_up_texts_hold_what_can_be_copied():
    texts = retro_experiments.made_up(50, seed=0)
    chunks = texts.tokens.view(50, 4, 8)
    found = (texts.near[:, :-1, 0, 8:] == chunks[:, 1:]).all(-1)
    assert torch.equal(found, texts.overlap[:, 1:] > 0.5) and 0.3 < found.float().mean() < 0.7
    assert torch.equal(texts.near[:, :, 0, :8], chunks)


def test_nobody_can_do_better_than_the_least_bits():
    """By enumeration of all chunks of three letters: the two are those of Bayes' rule, and sum to the entropy."""
    m, A = 3, 4
    copied, new = retro_experiments.least_bits(m, A)
    p_copied = 0.5 + 0.5 * A**-m  # of the chunk that was found
    assert abs(copied * m + torch.tensor(p_copied).log2()) < 1e-6
    p_other = 0.5 * A**-m
    expected = -(A**-m * torch.tensor(p_copied).log2() + (1 - A**-m) * torch.tensor(p_other).log2())
    assert abs(new * m - expected) < 1e-6


def readers(w):
    """The small world with a reader that hardly copies, and with one that does."""
    timid = w.train._replace(log_py=(0.1 * w.train.log_py.exp() + 0.01).log())
    return {halves_experiments.FIRST: experiments.World(w.x, timid, timid, timid, timid), 0.5: w}


def test_the_four_cells_of_radit(monkeypatch):
    """Here trust does not pay until the retriever finds the passage; then it does."""
    monkeypatch.setattr(experiments, "TOP", 8)
    w, first = readers(small_world()), halves_experiments.FIRST
    found = halves_experiments.halves(w, seeds=(0,), lr=0.03, steps=60)
    assert found["odds"] == [[first, 0.5]] and all(after > before for before, after in found["recall"])
    for part in ("test", "new"):
        for neither, reader, retriever, both in zip(*(found[part][cell] for cell in halves_experiments.CELLS)):
            assert both > retriever > neither == reader
    tuned = experiments.learn(w[first], halves_experiments.ARM, 0, 0.03, 60).retriever
    likely = [halves_experiments.log_likelihood(tuned, w[odds].x, w[odds].test) for odds in (first, 0.5)]
    assert [found["test"]["retriever"][0], found["test"]["both"][0]] == pytest.approx(likely)


def test_neither_half_is_the_untrained_retriever_with_the_first_reader(monkeypatch):
    monkeypatch.setattr(experiments, "TOP", 8)
    w = readers(small_world())
    found = halves_experiments.halves(w, seeds=(3,), lr=0.03, steps=1)
    start = experiments.Retriever(20, generator(3))
    close(
        torch.tensor(found["test"]["neither"]),
        [halves_experiments.log_likelihood(start, w[halves_experiments.FIRST].x, w[halves_experiments.FIRST].test)],
    )


def small_retro(m=4, seed=0):
    """A model whose readers say something: their output is not 0 as at the start."""
    net = retro_experiments.model(9, seed, m=m, d=16)
    for reader in net.readers.values():
        torch.nn.init.normal_(reader.out.weight)
    return net


def test_neighbours_move_their_readers_and_nothing_else():
    texts = retro_experiments.made_up(1, seed=0, m=4, chunks=3)
    moved = retro_experiments.moved(small_retro(), texts.tokens, texts.near)
    readers = torch.zeros(3, 12, dtype=torch.bool)
    for u, (first, last) in enumerate(((3, 12), (7, 12), (11, 12))):  # causal attention above carries it further
        readers[u, first:last] = True
    assert not moved[~readers].any()
    assert all(moved[u, 4 * u + 3] for u in range(3))


def test_a_model_that_leaks_is_caught(monkeypatch):
    texts = retro_experiments.made_up(1, seed=0, m=4, chunks=3)
    net = small_retro()
    assert retro_experiments.leaks(net, texts.tokens, texts.near) == 0
    right = cross_attention.chunked_cross_attention

    def too_early(q, k, v, m, there=None):
        return right(q.roll(1, -2), k, v, m, there).roll(-1, -2)  # what is said at t is heard at t - 1

    monkeypatch.setattr(retro, "chunked_cross_attention", too_early)
    assert retro_experiments.leaks(net, texts.tokens, texts.near) > 0


def test_both_arms_of_copying_are_trained_and_measured_alike():
    found, net = retro_experiments.copying(seeds=(0, 1), steps=2, d=16)
    assert set(found) == {"neighbours", "strays"}
    for row in found.values():
        assert len(row["copied"]) == len(row["new"]) == 2 and all(2.5 < x < 4 for x in (*row["copied"], *row["new"]))
    assert retro_experiments.leaks(net, *(x[:1] for x in retro_experiments.made_up(2, seed=5)[:2])) == 0


@pytest.mark.slow
def test_copying_is_learned_where_there_is_something_to_copy():
    found, _ = retro_experiments.copying(seeds=(0,), steps=400)
    assert found["neighbours"]["copied"][0] < 1.5 < 2.8 < found["strays"]["copied"][0]


def test_attention_that_is_drawn_is_the_one_that_is_used():
    texts, net = retro_experiments.made_up(1, seed=0, m=4, chunks=3), small_retro()
    weights = live_experiments.attention(net, texts.tokens, texts.near)
    close(weights.sum(-1), torch.ones(3, 4), 1e-5)
    reader = net.readers["0"]
    h = retro.attended(net.gpt.blocks[0], net.gpt.embedding(texts.tokens))
    E = net.encoded(h, texts.near)
    q, k, _ = reader.split(h, E)
    for u, t in ((0, 3), (0, 6), (1, 7), (1, 9)):  # by hand, token by token
        by_hand = (torch.einsum("hc,hnc->hn", q[0, :, t], k[0, u]) * 4**-0.5).softmax(-1).mean(0)
        close(weights[u, t - (4 * u + 3)], by_hand, 1e-5)


def test_the_editions_index_decides_which_answer_is_likelier():
    w = small_world()
    retriever = experiments.learn(w, "labels", 0, 0.03, 60).retriever
    likes = w.train.log_py
    other = torch.full_like(likes, 1e-4).log()
    e = latent_experiments.Editions(
        w.train.q, {2015: w.x, 2025: w.x}, {2015: w.train.gold, 2025: w.train.gold.roll(1)},
        {2015: {2015: likes, 2025: other}, 2025: {2015: likes, 2025: other}},
    )  # fmt: skip
    found = latent_experiments.exchanged(retriever, e)
    assert found["2015"]["recall"] == pytest.approx(experiments.recall(retriever, w.x, w.train))
    assert found["2015"]["follows"] == 1 and found["2025"]["follows"] == 0


def test_nats_are_those_of_the_marginal():
    w = small_world()
    net = experiments.Retriever(20, generator())
    by_hand = (net(w.train.q, w.x).softmax(-1) * w.train.log_py.exp()).sum(-1).log().mean()
    close(torch.tensor(latent_experiments.answered(net, w.x, w.train)), by_hand.detach(), 1e-5)


# ------------------------------------------------------------------ real texts, in subwords


def test_merges_join_the_most_frequent_pair_first():
    assert prose_experiments.merges(["ab ab abc"], 1) == [("a", "b")]
    assert prose_experiments.joined(["a", "b", "a", "b", "c"], ("a", "b")) == ["ab", "ab", "c"]


def test_merges_are_those_of_counting_afresh_each_time():
    """The pairs are counted once and then kept up to date; here they are counted afresh before every merge."""
    texts = ["the cat sat on the mat, the rat ate the cat's hat", "that other theatre, then there"]
    words = [list(word) for text in texts for word in prose_experiments._WORD.findall(text)]
    for pair in prose_experiments.merges(texts, 12):
        counts = {}
        for word in words:
            for both in pairwise(word):
                counts[both] = counts.get(both, 0) + 1
        assert pair == max(counts, key=lambda both: (counts[both], both))
        words = [prose_experiments.joined(word, pair) for word in words]


def test_subwords_are_the_text():
    text = "Chad's capital: N'Djamena (pop. 1,500,000) lies at 300 m"
    subwords = prose_experiments.Subwords([text, "capital of the capitals"], 20)
    assert subwords.text(subwords(text).tolist()) == text
    assert len(subwords("capital")) < 7


def test_keys_find_the_same_chunk_and_weigh_rare_tokens():
    chunks = torch.tensor([[1, 2, 3], [1, 4, 0], [1, 5, 6], [7, 7, 8]])
    keys = prose_experiments.Keys(chunks, 9)
    s = keys(chunks) @ keys(chunks).mT
    assert torch.equal(s.argmax(1), torch.arange(4)) and s[0, 3] == 0
    assert keys.weight[1] < keys.weight[2]  # a token that most chunks have
    close(keys(chunks).norm(dim=-1), torch.ones(4), 1e-6)


def test_targets_are_spread_by_their_scale():
    p = torch.tensor([0.003, 0.001, 0.0001]).log()
    close(live_experiments.spread(torch.full((4,), 0.25)), torch.tensor(4.0), 1e-6)
    assert live_experiments.spread(radit.lsr_targets(p, 0.01)) > 2.9 > live_experiments.spread(p.softmax(-1))
