"""The course map, the paths through it, where the slides are taught, and the glossary, as Markdown for start page and
README."""

from collections.abc import Sequence
from pathlib import Path

from llmcourse import course
from llmcourse.checks import Lab, find
from llmcourse.course import Module
from llmcourse.slugs import copied, label

COLAB = 4  # a column of the map


def course_map(
    root: Path,
    address: str,
    version: str,
    copies: bool,
    modules: Sequence[Module] = course.MODULES,
    own: Sequence[Lab] = (),
) -> str:
    """The modules: what is built and what is not yet, minutes, links, and what each builds on.

    root    the course's folder
    copies  whether a lab's link leads to the student's copy, from the start page; otherwise to the lab, from the root
    own     labs of the instructor's
    """
    rows = []
    for part, title in course.PARTS.items():
        here = [_row(m, m.built(root), address, version, copies) for m in modules if m.part == part]
        rows += [("", f"**Part {part}: {title}**", "", "", "", ""), *here] if here else []
    if (
        set(course.CAPSTONE.after) <= {m.number for m in modules}
        and (root / course.CAPSTONE.sources["lecture"]).is_file()
    ):
        rows.append(_last(course.CAPSTONE, address, version, copies))
    rows += [(label(each.slug), each.title, "", f"[lab]({_lab(each.slug, copies)})", "", "") for each in own]
    header = ("", "module", "lecture", "lab", "on Colab", "builds on")
    if not any(row[COLAB] for row in rows):  # the course has no address of its own yet
        header, *rows = (row[:COLAB] + row[COLAB + 1 :] for row in (header, *rows))
    return _table(header, rows)


def _lab(slug: str, copies: bool) -> str:
    return f"../work/{copied(slug)}" if copies else f"labs/{slug}/lab.ipynb"


def _row(module: Module, built: bool, address: str, version: str, copies: bool) -> tuple[str, ...]:
    before = ", ".join(f"{n:02}" for n in module.after)
    if not built:
        return f"{module.number:02}", module.title, "*not yet*", "*not yet*", "", before
    minutes = module.minutes
    there = {kind: course.on_colab(address, version, path) for kind, path in module.notebooks.items()}
    colab = ", ".join(f"[{kind}]({link})" for kind, link in there.items() if link)
    lecture = f"[{minutes[0]} min]({'' if copies else 'lectures/'}{module.slug}.ipynb)"
    lab = f"[{minutes[1]} min]({_lab(module.slug, copies)})"
    return f"{module.number:02}", module.title, lecture, lab, colab, before


def _last(module: Module, address: str, version: str, copies: bool) -> tuple[str, ...]:
    """The lecture that joins the parts; it has no lab."""
    link = course.on_colab(address, version, module.notebooks["lecture"])
    lecture = f"[{module.minutes[0]} min]({'' if copies else 'lectures/'}{module.slug}.ipynb)"
    colab = f"[lecture]({link})" if link else ""
    return "", f"**{module.title}**", lecture, "", colab, ", ".join(f"{n:02}" for n in module.after)


def paths(root: Path, modules: Sequence[Module] = course.MODULES) -> str:
    """The ways through the course, by weeks: which modules, and about how many hours the longest week takes.

    The longest path has every exercise; on the others, those that are stretch are left out.
    """
    there = {module.number: module for module in modules}
    rows = []
    for weeks, plan in course.PATHS.items():
        plan = [[there[number] for number in week if number in there] for week in plan]
        every = weeks == max(course.PATHS)
        told = [" + ".join(_path_step(m, m.built(root)) for m in week) for week in plan if week]
        hours = [sum(_minutes(m, every) for m in week) / 60 for week in plan]
        rows.append((f"**{weeks} weeks**", " · ".join(told), "all" if every else "core", f"{max(hours):.0f}"))
    return _table(("", "modules, week by week", "exercises", "hours in the longest week"), rows)


def _path_step(module: Module, built: bool) -> str:
    return f"[{module.number:02}]({module.slug}.ipynb)" if built else f"*{module.number:02}*"


def _minutes(module: Module, every: bool) -> int:
    """To read a lecture and do its lab, with or without the exercises that are stretch."""
    left_out = () if every else [find(name)[1].minutes for name in module.stretch]
    return sum(module.minutes) - sum(left_out)


def deck(modules: Sequence[Module] = course.MODULES) -> str:
    """Where each part of the slides is taught, in the order of the slides."""
    rows = [(heading, what, f"{m.number:02} {m.title}") for m in modules for heading, what in m.deck]
    return _table(("on the slides", "what", "module"), rows)


def glossary() -> str:
    """Russian terms of the slides and their English equivalents in the course."""
    return _table(("on the slides", "in the course"), GLOSSARY)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, [":--"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


GLOSSARY = (
    ("большая языковая модель", "large language model, LLM"),
    ("дообучение", "fine-tuning"),
    ("обучение с подкреплением", "reinforcement learning, RL"),
    ("награда", "reward"),
    ("политика, стратегия", "policy"),
    ("сравнение пар", "pairwise comparison"),
    ("модель Брэдли-Терри", "Bradley-Terry model"),
    ("функция ошибки", "loss"),
    ("правдоподобие", "likelihood"),
    ("низкоранговое приближение", "low-rank approximation"),
    ("сингулярное разложение", "singular value decomposition, SVD"),
    ("обрезанные матрицы", "truncated matrices"),
    ("веса раскладываются на модуль и направление", "weights split into magnitude and direction"),
    ("разметка", "annotation, labels"),
    ("шаблон", "template"),
    ("синтетические данные", "synthetic data"),
    ("дистилляция", "distillation"),
    ("вариационная нижняя оценка", "evidence lower bound, ELBO"),
    ("E-шаг, M-шаг", "E-step, M-step"),
    ("перевзвешивание сэмплов", "reweighting of samples"),
    ("рассуждение, объяснение", "reasoning, rationale"),
    ("длина контекста", "context length"),
    ("самовнимание", "self-attention"),
    ("разреженное внимание", "sparse attention"),
    ("скользящее окно", "sliding window"),
    ("разреженная свёртка", "dilated convolution"),
    ("мир тесен (Уоттс и Строгац)", "small world (Watts and Strogatz)"),
    ("разбить на куски", "split into chunks"),
    ("экспоненциальное скользящее среднее", "exponential moving average, EMA"),
    ("мера похожести", "similarity"),
    ("переставить скобки", "move the brackets"),
    ("линейный классификатор", "linear classifier"),
    ("квадратичная поверхность", "quadratic surface"),
    ("отображение, признаки", "(feature) map, features"),
    ("нормировка", "normalisation; the normaliser u"),
    ("рекуррентная сеть", "recurrent network, RNN"),
    ("состояние", "state, S"),
    ("чтение из памяти", "memory readout"),
    ("затухание", "decay"),
    ("динамическая система", "dynamical system"),
    ("дискретизация", "discretisation"),
    ("иголка в стоге сена", "needle in a haystack"),
    ("поиск", "retrieval"),
    ("выдача", "retrieved documents"),
    ("переранжирование", "reranking"),
    ("оценщик", "evaluator"),
    ("граф знаний", "knowledge graph"),
    ("сущность", "entity"),
    ("триплет", "triple"),
    ("маскирование", "masking"),
)
