"""potential-shaping: Help that changes nothing."""

import torch

from llmcourse.checks import Exercise


def steps(T, ends=(), discount=0.9):
    """T steps; those in `ends` end an episode, wherever they lead."""

    def make(generator):
        done = torch.zeros(T)
        done[list(ends)] = 1.0
        reward = torch.randn(T, generator=generator)
        Phi, Phi_next = torch.randn(T, generator=generator), 2 + torch.randn(T, generator=generator)
        return {"reward": reward, "Phi": Phi, "Phi_next": Phi_next, "done": done, "discount": discount}

    return make


def probe(answer, inputs):
    return {"reward": answer(*(inputs[name] for name in ("reward", "Phi", "Phi_next", "done", "discount")))}


EXERCISE = Exercise(
    name="potential-shaping",
    title="Help that changes nothing",
    answer="shaped_reward",
    parameters=("reward", "Phi", "Phi_next", "done", "discount"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "five steps": steps(5),
        "the last step ends the episode": steps(5, ends=(4,)),
        "two episodes": steps(8, ends=(3, 7)),
        "another discount, and the first step ends": steps(5, ends=(0,), discount=0.6),
    },
    probe=probe,
    hints=(
        "Add discount times the potential after the step, and subtract the potential before it.",
        "Where an episode ends, nothing follows: the potential after the step is 0, whatever Phi_next says.",
        "`(1 - done)` multiplies Phi_next, not the reward and not Phi.",
    ),
)
