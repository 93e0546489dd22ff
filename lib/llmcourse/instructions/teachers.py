"""Teachers: a function from prompts to texts, in which a model and a program look the same.

    Teacher  (prompts) -> texts, one for each

Where text is wanted, the teacher is SmolLM2 (`of_model`); where an answer can be checked, it is a program. Who taught
whom is said at each row: nothing here was written by a larger model.
"""

from collections.abc import Callable, Sequence

from torch import Generator

from llmcourse.models import TextModel

Teacher = Callable[[Sequence[str]], list[str]]


def of_model(
    model: TextModel,
    tokens: int = 96,
    temperature: float = 0.0,
    generator: Generator | None = None,
    stop: str = "",
    system: str = "",
    chat: bool = True,
) -> Teacher:
    """A model as a teacher. `chat`: prompts are questions for its chat template; otherwise texts to be continued."""

    def teach(prompts: Sequence[str]) -> list[str]:
        asked = [model.chat(prompt, system) for prompt in prompts] if chat else list(prompts)
        return [text.strip() for text in model.generate(asked, tokens, stop, temperature, generator)]

    return teach


def ask(teacher: Teacher, prompts: Sequence[str]) -> list[str]:
    """The teacher's texts. Raises ValueError if there are more or fewer than prompts."""
    texts = teacher(list(prompts))
    if len(texts) != len(prompts):
        raise ValueError(f"The teacher gave {len(texts)} answers to {len(prompts)} prompts. It has to answer each.")
    return texts
