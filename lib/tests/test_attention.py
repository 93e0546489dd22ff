"""Sparse attention: the tiles and the graph say what the mask says, and the engine computes what it allows."""

import functools

import networkx as nx
import pytest
import torch
import torch.nn.functional as F
from llmcourse import models
from llmcourse.attention import (
    Pattern,
    RollingCache,
    agreement,
    attend,
    bigbird,
    dense,
    engine,
    fixed,
    global_tokens,
    graphs,
    longformer_heads,
    patterns,
    strided,
    window,
)
from llmcourse.attention import experiments as small
from llmcourse.attention import pretrained_experiments as experiments
from llmcourse.attention.longformer import LongformerAttention
from llmcourse.attention.wavenet import DilatedCausalConvolution, WaveNet

KINDS = list(agreement.patterns())


def draw(*lead, L=9, d=5, d_v=3, seed=0, dtype=torch.float64):
    g = torch.Generator().manual_seed(seed)
    return [torch.randn(*lead, L, n, generator=g, dtype=torch.float64).to(dtype) for n in (d, d, d_v)]


def with_gradients(form, inputs, *args):
    leaves = [x.clone().requires_grad_() for x in inputs]
    o = form(*leaves, *args)
    return [o, *torch.autograd.grad(o.cos().sum(), leaves)]


def by_sdpa(q, k, v, pattern):
    """What torch computes; a row that sees nothing is zero."""
    mask = pattern.mask(q.shape[-2])
    return F.scaled_dot_product_attention(q, k, v, mask).nan_to_num(0.0)


@pytest.mark.parametrize("L", [8, 9, 33, 150])
@pytest.mark.parametrize("kind", KINDS)
def test_attention_in_tiles_is_attention_under_the_mask(kind, L):
    inputs, pattern = draw(2, 3, L=L), agreement.patterns(L)[kind]
    ours = with_gradients(attend, inputs, pattern)
    for a, b in zip(ours, with_gradients(by_sdpa, inputs, pattern)):
        assert torch.allclose(a, b, atol=1e-12)
    for a, b in zip(ours, with_gradients(dense, inputs, pattern)):
        assert torch.allclose(a, b, atol=1e-12)


@pytest.mark.parametrize("L", [8, 13, 40, 300])
@pytest.mark.parametrize("kind", KINDS)
def test_mask_and_graph_are_the_same_pattern(kind, L):
    pattern = agreement.patterns(L)[kind]
    assert torch.equal(pattern.edges(L), pattern.mask(L).nonzero())
    assert pattern.pairs(L) == pattern.mask(L).sum()


@pytest.mark.parametrize("lead", [(), (2,), (2, 1, 3)])
@pytest.mark.parametrize("L", [1, 2, 31])
def test_any_leading_dimensions(lead, L):
    inputs = draw(*lead, L=L)
    assert torch.allclose(attend(*inputs, window(4)), by_sdpa(*inputs, window(4)), atol=1e-12)


def test_keys_are_shared_by_broadcasting():
    q, _, _ = draw(2, 4, L=20)
    _, k, v = draw(2, 1, L=20, seed=1)
    expand = lambda x: x.expand(2, 4, *x.shape[-2:])
    ours = with_gradients(attend, (q, k, v), window(3, True))
    for a, b in zip(ours, with_gradients(by_sdpa, (q, expand(k), expand(v)), window(3, True))):
        assert torch.allclose(a, b.sum_to_size(a.shape), atol=1e-12)


@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-5), (torch.float16, 2e-3), (torch.bfloat16, 2e-2)])
def test_every_dtype(dtype, error):
    inputs = draw(2, L=70, dtype=dtype)
    o = attend(*inputs, window(8))
    assert o.dtype == dtype
    assert torch.allclose(o.double(), by_sdpa(*(x.double() for x in inputs), window(8)), atol=error)


def test_large_scores_stay_finite():
    q, k, v = draw(L=40)
    for x in with_gradients(attend, (1e4 * q, k, v), window(6) | global_tokens([0])):
        assert x.isfinite().all()


def test_gradients_by_differences():
    inputs = [x.requires_grad_() for x in draw(L=10, d=2, d_v=2)]
    assert torch.autograd.gradcheck(lambda *x: attend(*x, window(2, dilation=2) | global_tokens([3])), inputs)


def test_a_query_that_sees_nothing_gives_zeros():
    inputs, pattern = draw(L=8), fixed(4)[1]
    assert not pattern.mask(8)[:3].any()
    for form in (attend, dense):
        o, *gradients = with_gradients(form, inputs, pattern)
        assert (o[:3] == 0).all()
        assert all(x.isfinite().all() for x in gradients)


def test_many_groups_of_tiles_are_one(monkeypatch):
    inputs, pattern = draw(2, L=700), window(20) | bigbird(700, 10)
    expected = with_gradients(attend, inputs, pattern)
    monkeypatch.setattr(engine, "SCORES", 1)
    for a, b in zip(with_gradients(attend, inputs, pattern), expected):
        assert torch.allclose(a, b, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_slices_take_what_the_tiles_take(kind):
    """And there are some for all pieces but those whose tokens stand at unequal distances."""
    L, pattern = 300, agreement.patterns(300)[kind]
    i = torch.arange(L)
    for ((queries, keys), mask), slices in zip(pattern.plan(L), pattern.slices(L)):
        assert slices is not None or kind in ("fixed, far", "bigbird")
        seen = torch.zeros(2, L + 1, L + 1, dtype=torch.bool)
        for one in zip(queries, keys, mask):
            seen[0][one[0][:, None], one[1]] |= one[2]
        for rows, columns, one in slices or ():
            seen[1][i[rows][:, None], i[columns]] |= one
        assert slices is None or torch.equal(*seen)


def test_tiles_without_slices_are_the_same(monkeypatch):
    """They are what a GPU computes."""
    inputs, pattern = draw(2, L=300), window(20) | global_tokens([5])
    expected = with_gradients(attend, inputs, pattern)
    monkeypatch.setattr(Pattern, "slices", lambda self, L: [None] * len(self.pieces))
    for a, b in zip(with_gradients(attend, inputs, pattern), expected):
        assert torch.allclose(a, b, atol=1e-12)


def test_no_tensor_grows_with_the_square_of_the_length():
    from llmcourse.checks.probes import LargestTensor

    inputs, L = draw(L=4096, d=8, d_v=8, dtype=torch.float32), 4096
    with LargestTensor() as largest:
        with_gradients(attend, inputs, window(16))
    assert largest.entries < 300 * L


def test_heads_have_patterns_of_their_own():
    heads = longformer_heads(4, 4, [2, 3])
    inputs = draw(2, 4, L=21)
    expected = torch.stack([by_sdpa(*(x[:, h] for x in inputs), heads[h]) for h in range(4)], dim=1)
    assert torch.allclose(attend(*inputs, heads), expected, atol=1e-12)
    assert heads[:2] == (window(4, True),) * 2


def test_windows_by_hand():
    assert window(2).mask(4).int().tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]]
    assert window(2, True, dilation=2).mask(4).int().tolist() == [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [1, 0, 1, 0],
        [0, 1, 0, 1],
    ]
    assert window(100).mask(5).all()


def test_sparse_transformer_by_its_formulas():
    """Child et al., section 4.3, written with sets."""
    L, s, c = 30, 5, 2
    for i in range(L):
        sets = {
            strided(s)[0]: {j for j in range(max(0, i - s), i + 1)},
            strided(s)[1]: {j for j in range(i + 1) if (i - j) % s == 0},
            fixed(s, c)[0]: {j for j in range(i + 1) if j // s == i // s},
            fixed(s, c)[1]: {j for j in range(i + 1) if j % s in range(s - c, s)},
        }
        for pattern, keys in sets.items():
            assert set(pattern.mask(L)[i].nonzero().flatten().tolist()) == keys


def test_longformer_is_that_of_transformers():
    from transformers import LongformerConfig
    from transformers.models.longformer.modeling_longformer import LongformerSelfAttention

    L, d, heads, w = 48, 12, 3, 8
    torch.manual_seed(0)
    theirs = LongformerSelfAttention(
        LongformerConfig(
            hidden_size=d, num_attention_heads=heads, attention_window=[w], attention_probs_dropout_prob=0.0
        ),
        0,
    ).double()
    ours = LongformerAttention(d, heads, w).double()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, L, d, dtype=torch.float64)
    for tokens in ([], [0], [0, 17, 40]):
        mask = torch.zeros(2, L, dtype=torch.float64)
        mask[:, tokens] = 10000.0
        expected = theirs(
            x,
            attention_mask=mask,
            is_index_masked=mask < 0,
            is_index_global_attn=mask > 0,
            is_global_attn=bool(tokens),
        )[0]
        assert torch.allclose(ours(x, tokens), expected, atol=1e-6)  # theirs takes the softmax in float32


def test_bigbird_is_that_of_transformers():
    """With their random blocks, read out of the weights that they return."""
    from transformers import BigBirdConfig
    from transformers.models.big_bird.modeling_big_bird import BigBirdBlockSparseAttention

    L, d, heads, block = 96, 12, 3, 8
    torch.manual_seed(0)
    config = BigBirdConfig(
        hidden_size=d,
        num_attention_heads=heads,
        block_size=block,
        num_random_blocks=2,
        attention_probs_dropout_prob=0.0,
    )
    theirs = BigBirdBlockSparseAttention(config, seed=3).train()  # in eval it draws no random blocks
    x = torch.randn(1, L, d)
    ones = torch.ones(1, L)
    split = lambda y: y.unflatten(-1, (heads, -1)).transpose(1, 2)
    q, k, v = (split(layer(x)) for layer in (theirs.query, theirs.key, theirs.value))
    blocked = ones.view(1, L // block, block)
    three = torch.cat([blocked[:, 1:-3], blocked[:, 2:-2], blocked[:, 3:-1]], dim=2)
    band = torch.einsum("blq,blk->blqk", blocked[:, 2:-2], three)[:, None]
    masks = band, ones.view(1, 1, L, 1), ones.view(1, 1, 1, L), blocked, blocked
    context, weights = theirs(x, *masks, output_attentions=True)
    linked = (
        (weights[0].unflatten(1, (-1, block)).unflatten(3, (-1, block)) > 0).any(4).any(2)
    )  # (heads, blocks, blocks)
    n = L // block
    per_head = [
        patterns.from_blocks(L, block, [linked[h, b].nonzero().flatten().tolist() for b in range(n)], (0, n - 1))
        for h in range(heads)
    ]
    assert len(set(per_head)) > 1
    assert torch.allclose(attend(q, k, v, per_head).transpose(1, 2).flatten(-2), context, atol=1e-5)


def test_bigbird_links_blocks_at_random():
    L, block, n = 64, 4, 16
    A = bigbird(L, block, random=2).mask(L).view(n, block, n, block).any(3).any(1)
    assert A[0].all() and A[-1].all() and A[:, 0].all() and A[:, -1].all()
    assert (A[3:-3].sum(-1) == 3 + 2 + 2).all()
    assert bigbird(L, block, seed=0) != bigbird(L, block, seed=1)


@pytest.mark.parametrize("sinks", [0, 1, 4])
def test_rolling_cache_is_a_window_with_sinks(sinks):
    q, k, v = draw(2, 3, L=40)
    cache = RollingCache(sinks, 6, (2, 3), 5, 3, dtype=torch.float64)
    size = cache.bytes()
    o = torch.stack([cache.step(*x) for x in zip(*(x.unbind(-2) for x in (q, k, v)))], dim=-2)
    assert torch.allclose(o, by_sdpa(q, k, v, cache.pattern()), atol=1e-12)
    assert cache.bytes() == size


@pytest.mark.parametrize("layers", [1, 3, 5])
def test_receptive_field_of_wavenet_doubles(layers):
    torch.manual_seed(0)
    net, L = WaveNet(3, layers).double(), 50
    seen = graphs.receptive_field(net, torch.randn(L, 3, dtype=torch.float64), L - 1)
    assert seen.nonzero().flatten().tolist() == list(range(L - 2**layers, L))
    assert torch.equal(graphs.reach([p.mask(L) for p in net.patterns()])[L - 1], seen)


def test_a_dilated_convolution_reads_what_a_dilated_window_sees():
    layer, x = DilatedCausalConvolution(2, 4, 3).double(), torch.randn(5, 11, 2, dtype=torch.float64)
    w, b = layer.convolution.weight, layer.convolution.bias
    past = F.pad(x, (0, 0, 3, 0))[:, :11]
    assert torch.allclose(layer(x), past @ w[..., 0].T + x @ w[..., 1].T + b, atol=1e-12)
    for i in range(11):
        seen = graphs.receptive_field(lambda y: layer(y), x[0], i)
        assert torch.equal(seen, window(2, True, dilation=3).mask(11)[i])


def test_a_stack_of_attention_depends_on_what_is_reached():
    x, pattern = draw(L=30)[0], window(4)
    stack = lambda y: attend(*[attend(*[attend(y, y, y, pattern)] * 3, pattern)] * 3, pattern)
    reached = graphs.reach([pattern.mask(30)] * 3)
    assert torch.equal(graphs.receptive_field(stack, x, 15), reached[15])


@pytest.mark.parametrize("two", [strided(8), fixed(8)])
def test_two_sparse_heads_reach_everything_before(two):
    L = 64
    near, far = (p.mask(L) for p in two)
    either = graphs.reach([near | far] * 2)
    if two == strided(8):
        assert torch.equal(either, torch.ones(L, L, dtype=torch.bool).tril())
    else:  # through the summaries of blocks that are over
        assert all(either[i, j] for i in range(L) for j in range(i // 8 * 8))
    assert max(graphs.largest_set(near), graphs.largest_set(far)) <= 9
    assert graphs.fewest(L, 2) == 8


@pytest.mark.parametrize("seed", [0, 1])
def test_paths_and_clustering_are_those_of_networkx(seed):
    g = torch.Generator().manual_seed(seed)
    A = graphs.watts_strogatz(40, 4, 0.2, g)
    theirs = nx.from_numpy_array(A.numpy())
    assert A.sum() == 40 * 4 and torch.equal(A, A.mT)
    assert graphs.clustering(A) == pytest.approx(nx.average_clustering(theirs))
    if nx.is_connected(theirs):
        assert graphs.path_length(A) == pytest.approx(nx.average_shortest_path_length(theirs))
    directed = window(3, True).mask(12)
    for i, row in nx.all_pairs_shortest_path_length(nx.from_numpy_array(directed.numpy(), create_using=nx.DiGraph)):
        assert [row.get(j, float("inf")) for j in range(12)] == graphs.steps(directed)[i].tolist()


def test_ring_and_small_world_are_those_of_networkx():
    g = torch.Generator().manual_seed(0)
    assert torch.equal(
        graphs.ring(20, 4).int(), torch.tensor(nx.to_numpy_array(nx.watts_strogatz_graph(20, 4, 0))).int()
    )
    ours = [graphs.watts_strogatz(60, 6, 0.1, g) for _ in range(20)]
    theirs = [nx.watts_strogatz_graph(60, 6, 0.1, seed=n) for n in range(20)]
    mean = lambda values: sum(values) / 20
    assert mean(map(graphs.clustering, ours)) == pytest.approx(mean(map(nx.average_clustering, theirs)), abs=0.05)
    lengths = mean(map(nx.average_shortest_path_length, theirs))
    assert mean(map(graphs.path_length, ours)) == pytest.approx(lengths, rel=0.1)


BAD = {
    "window 0": (lambda: window(0), "w >= 1"),
    "an odd window on two sides": (lambda: window(3), "even"),
    "dilation 0": (lambda: window(4, dilation=0), "dilation >= 1"),
    "no global token": (lambda: global_tokens([]), "at least one"),
    "a global token beyond the end": (lambda: global_tokens([9]).mask(9), "from 0 to 8"),
    "a negative global token": (lambda: attend(*draw(), global_tokens([-1])), "from 0 to 8"),
    "stride 0": (lambda: strided(0), "at least 1"),
    "more summaries than tokens": (lambda: fixed(4, 5), "1 to 4"),
    "blocks for another length": (lambda: bigbird(16, 4).mask(21), "has 4 blocks"),
    "an even window of blocks": (lambda: bigbird(16, 4, window=2), "odd window"),
    "a table of another size": (lambda: patterns.from_blocks(16, 4, [[0]]), "4 rows"),
    "causal with not causal": (lambda: window(4) | window(3, True), "causal"),
    "no tokens": (lambda: window(2).mask(0), "at least one token"),
    "keys of another length": (lambda: attend(*draw()[:2], draw(L=5)[2], window(2)), "same L"),
    "patterns for other heads": (lambda: attend(*draw(2), [window(2)] * 3), "3 patterns"),
    "more dilations than heads": (lambda: longformer_heads(4, 1, [2, 3]), "only 1 heads"),
    "no layers": (lambda: graphs.reach([]), "at least one layer"),
    "an odd ring": (lambda: graphs.ring(8, 3), "even"),
    "an empty cache": (lambda: RollingCache(0, 0, (), 4), "w >= 1"),
    "heads that do not divide d": (lambda: LongformerAttention(10, 3, 4), "multiple"),
    "a convolution without dilation": (lambda: DilatedCausalConvolution(1, 1, 0), "at least 1"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_bad_input_is_explained(case):
    call, words = case
    with pytest.raises(ValueError, match=words):
        call()


def test_union_is_union():
    a, b = window(2, True), Pattern((patterns.Band(None, 0, 3),), True)
    assert torch.equal((a | b).mask(20), a.mask(20) | b.mask(20))


@pytest.fixture(scope="module")
def smollm():
    return models.load(dtype=torch.float32)


def test_a_trained_model_attends_as_it_is_told(smollm):
    """By default as transformers lets it, then with a window longer than the text, then with a shorter one."""
    x = experiments.tokens(smollm, experiments.texts(1, 1000)[0], 48)
    usual = F.cross_entropy(smollm.model(x).logits[0, :-1], x[0, 1:], reduction="none")
    assert torch.allclose(experiments.losses(smollm, x, part=7), usual, atol=1e-4)
    assert torch.allclose(experiments.losses(smollm, x, experiments.by_pattern(experiments.cut(64))), usual, atol=1e-4)
    short = experiments.losses(smollm, x, experiments.by_pattern(experiments.cut(8, sinks=1)))
    assert torch.allclose(short[:7], usual[:7], atol=1e-4) and not torch.allclose(short, usual, atol=0.1)


def test_concentration_by_hand():
    """Two heads: all weight on the first token, and equal weight on all."""
    L, seen = 300, torch.arange(1, 301)[:, None]
    first, even = torch.eye(L)[:1].expand(L, L), torch.ones(L, L).tril() / seen
    found = experiments.concentration(torch.stack([first, even])[:, 200:])
    mean = lambda f: pytest.approx(sum(f(n) for n in range(201, 301)) / 100, abs=1e-5)
    assert found["first token"].tolist() == [1.0, mean(lambda n: 1 / n)]
    assert found["window 64"].tolist() == [0.0, mean(lambda n: 64 / n)]
    assert found["top 32"].tolist() == [1.0, mean(lambda n: 32 / n)]
    assert found["window 256 and 4 first"][1] == mean(lambda n: min(1, 260 / n))
    assert found["keys for 0.9"].tolist() == [1.0, pytest.approx(0.9 * 250.5, abs=1)]


def test_cut_forms_keep_as_many_keys():
    L = 1024
    cuts = [experiments.cut(), experiments.cut(sinks=4), experiments.cut(others=experiments.others(L, 16))]
    assert all((pattern.mask(L)[512:].sum(-1) == experiments.KEPT).all() for pattern in cuts)


def test_pattern_attention_is_softmax_attention_where_all_is_seen():
    torch.manual_seed(0)
    theirs, x = models.SoftmaxAttention(8, heads=2), torch.randn(2, 12, 8)
    for heads in ([window(12, causal=True)] * 2, [window(12, causal=True), window(20, causal=True)]):
        ours = small.PatternAttention(8, heads)
        ours.load_state_dict(theirs.state_dict())
        assert torch.allclose(ours(x)[0], theirs(x)[0], atol=1e-6)


def test_a_question_asks_for_what_was_marked_before_it():
    tokens, targets = next(small.marked(64, torch.Generator().manual_seed(0)))
    row, asked, value = small.questions(tokens, targets)
    assert len(row) == 64 * small.ASKED and ((tokens == small.MARK).sum(1) == 1).all()
    assert (tokens[row, value] == targets[row, asked]).all() and (tokens[row, value - 1] == small.MARK).all()
    assert (asked > value).all() and (tokens[row, asked] == small.ASK).all()


def test_small_models_know_what_the_graph_says_they_reach():
    """By gradients; the patterns are all causal."""
    for heads in small.arms(24, 4).values():
        torch.manual_seed(0)
        model = models.GPT(5, 8, 2, lambda d, heads=heads: small.PatternAttention(d, heads)).double()
        after = lambda x, blocks=model.blocks: functools.reduce(lambda y, block: block(y)[0], blocks, x[None])[0]
        known, x = small.reached(heads, 24, 2), torch.randn(24, 8, dtype=torch.float64)
        fields = torch.stack([graphs.receptive_field(after, x, i) for i in range(24)])
        assert torch.equal(fields, known) and not known.triu(1).any()


def test_experiments_run_on_little():
    heads = small.arms(small.LENGTH, small.NEAR)["window"]
    found = small.far(heads, steps=2, seed=0, lr=1e-2)
    assert 0 <= found.right <= 1 and found.predicted < 0.6
