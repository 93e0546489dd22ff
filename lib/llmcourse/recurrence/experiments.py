"""The experiments of lecture 08: small language models on real text that differ in their mixer alone."""

import math

from torch import nn

from llmcourse import data, models, runtime

from .mixer import LinearAttention

LENGTH, BATCH, WIDTH, LAYERS = 128, 16, 128, 2
MIXERS = {"softmax": models.SoftmaxAttention, "linear": LinearAttention}


class Corpus:
    """The World Factbook as characters: the first 95 % to train on, the rest to validate on."""

    def __init__(self):
        text = data.factbook()
        self.characters = models.CharTokenizer(text)
        tokens = self.characters.encode(text)
        cut = int(0.95 * len(tokens))
        self.train, self.validation = tokens[:cut], tokens[cut:]

    def loss(self, model: nn.Module) -> float:
        """Validation loss in nats per character."""
        return math.log(models.perplexity(model, self.validation, LENGTH))


def language_model(corpus: Corpus, mixer, steps: int, seed: int, every: int = 50, name: str = ""):
    """Train one model from `seed`. The seed fixes weights and batches; two mixers see the same batches."""
    generator = runtime.seed(seed)
    model = models.GPT(len(corpus.characters), WIDTH, LAYERS, mixer).to(runtime.device())
    batches = models.random_batches(corpus.train, LENGTH, BATCH, generator)
    return model, models.train(model, batches, steps, validate=corpus.loss, every=every, name=name)


def record(steps: int = 600, seeds: tuple[int, ...] = (0, 1, 2)) -> dict:
    """Every mixer from every seed: validation curves, CPU seconds of training, parameters."""
    corpus, runs = Corpus(), []
    for seed in seeds:
        for name, mixer in MIXERS.items():
            model, history = language_model(corpus, mixer, steps, seed, name=f"{name}, seed {seed}")
            runs.append(
                {
                    "mixer": name,
                    "seed": seed,
                    "parameters": model.parameters_count,
                    "seconds": round(history.seconds, 1),
                    "validation": [[step, round(loss, 4)] for step, loss in history.validation],
                }
            )
    return {"length": LENGTH, "batch": BATCH, "width": WIDTH, "layers": LAYERS, "steps": steps, "runs": runs}
