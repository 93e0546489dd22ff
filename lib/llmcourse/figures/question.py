"""Questions for testing oneself. They are data: quiz.json in the package of the lecture that asks them.

    {"08-brackets": {"question": "...", "right": 1, "choices": [["a choice", "why it is right or not"], ...]}}

No answer can be read before one has chosen: replies are in the output as base64. A page that allows no scripts shows
the question and says what to do. Where the browser lets a page keep something, the last choice is kept, for the start
page and for when the lecture is opened again.
"""

import base64
import functools
import json
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

from .. import course
from ..html import code, escape
from .page import OURS, UNTRUSTED, Shown

KEY = "llmcourse.quiz."  # in the browser's storage, followed by the name

CHECK = """const i=this.querySelector('input:checked'),s=this.querySelector('.said');
if(!i)s.textContent='Choose one of them first.';
else{const bytes=Uint8Array.from(atob(i.dataset.reply),c=>c.charCodeAt(0));
const [right,words]=JSON.parse(new TextDecoder().decode(bytes));
s.innerHTML=words;
try{localStorage.setItem('KEY'+this.dataset.name,JSON.stringify({choice:+i.value,right:right}))}catch(e){}}
return false""".replace("KEY", KEY)

# Not needed to answer; pages that run no scripts from outputs just don't remember.
REMEMBER = """(f=>{try{const kept=JSON.parse(localStorage.getItem('KEY'+f.dataset.name));
if(kept){f.querySelectorAll('input')[kept.choice].checked=true;f.onsubmit()}}catch(e){}
})(document.currentScript.previousElementSibling)""".replace("KEY", KEY)


class Question(NamedTuple):
    """A question with its choices (text, why it is right or not), of which the one numbered `right` is."""

    question: str
    right: int
    choices: Sequence[tuple[str, str]]


def quiz(name: str) -> Shown:
    """The question of this name, "08-brackets", as a group of choices.

    Raises ValueError for an unknown name, and for a question whose data are incomplete.
    """
    asked = questions(int(name[:2])) if name[:2].isdigit() else {}
    if name not in asked:
        known = ", ".join(asked) or "none: a name begins with the two digits of the lecture"
        raise ValueError(f"There is no question {name!r}. Questions of this lecture: {known}.")
    question = asked[name]
    plain = "\n".join([question.question, *(f"  ( ) {choice}" for choice, _ in question.choices)])
    return Shown(_form(name, question) + f"<script>{REMEMBER}</script>", plain, "card")


@functools.cache
def questions(number: int) -> dict[str, Question]:
    """The questions of a lecture by name, in the order of their file; empty if it has none.

    Raises ValueError, which names the question, if one has less than two choices, no reason for one, or no right one.
    """
    module = next((m for m in course.MODULES if m.number == number), None)
    if module is None:
        return {}
    file = resources.files("llmcourse").joinpath(*module.lecture_package.split(".")[1:], "quiz.json")
    if not file.is_file():
        return {}
    return {name: _question(name, **fields) for name, fields in json.loads(file.read_text("utf-8")).items()}


def _question(name: str, question: str, right: int, choices: Sequence) -> Question:
    if len(choices) < 2 or not 0 <= right < len(choices) or not all(text and why for text, why in choices):
        raise ValueError(
            f"Question {name!r} needs two choices at least, a reason for each, and right= the number of one, from 0."
        )
    return Question(question, right, [(text, why) for text, why in choices])


def _form(name: str, question: Question) -> str:
    choices = "".join(_choice(i, text, i == question.right, why) for i, (text, why) in enumerate(question.choices))
    bar = f'<button {OURS} type="submit">Check</button> <span class="said" role="status"></span>'
    return (
        f'<form class="quiz" data-name="{escape(name)}" onsubmit="{escape(CHECK)}">'
        f"<fieldset><legend>{code(question.question)}</legend>{choices}</fieldset>"
        f"<div>{bar}</div>{UNTRUSTED}</form>"
    )


def _choice(number: int, text: str, right: bool, why: str) -> str:
    said = f'<b class="{"yes" if right else "no"}">{"✓ Right." if right else "✗ No."}</b> {code(why)}'
    reply = base64.b64encode(json.dumps([right, said]).encode()).decode()
    button = f'<input {OURS} type="radio" name="choice" value="{number}" data-reply="{reply}">'
    return f"<label>{button} <span>{code(text)}</span></label>"
