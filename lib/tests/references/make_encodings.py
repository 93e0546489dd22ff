"""Makes `encodings.json`: the prompts that Tk-Instruct's released code makes of two tasks.

    python lib/tests/references/make_encodings.py FOLDER      FOLDER has Tk-Instruct's src/ni_collator.py

It was made with github.com/yizhongw/Tk-Instruct (MIT), run here and not copied. The tasks are odd on purpose: spaces at
the ends, question marks, quotes, a missing full stop. `most` limits the words of a prompt, with a tokenizer of words.
"""

import importlib.util
import json
import sys
from pathlib import Path

TASKS = [
    {
        "Definition": ["In this task, you are given a word. Write it backwards "],
        "Categories": ["Text Modification"],
        "Positive Examples": [
            {"input": " stone ", "output": "enots", "explanation": 'From its end, "stone" is "enots"'},
            {"input": "level?", "output": "level", "explanation": "It is a palindrome!"},
            {"input": "abc", "output": "cba", "explanation": "A third example is not shown."},
        ],
        "Negative Examples": [
            {"input": "grass", "output": "grass", "explanation": "The word was copied. "},
            {"input": "tree", "output": "eert.", "explanation": "There must be no full stop"},
        ],
        "Instances": [{"id": "a-0", "input": "river", "output": ["revir"]}],
    },
    {
        "Definition": "Is the sentence a question? Answer yes or no!",
        "Categories": ["Classification"],
        "Positive Examples": [{"input": "Where are we?", "output": "yes", "explanation": "It ends in a question mark"}],
        "Negative Examples": [],
        "Instances": [{"id": "b-0", "input": "  We are here", "output": ["no", "No"]}],
    },
]
FORMS = [
    {"num_pos_examples": 0},
    {"num_pos_examples": 2},
    {"num_pos_examples": 2, "num_neg_examples": 2},
    {"num_pos_examples": 2, "add_explanation": True},
    {"num_pos_examples": 2, "num_neg_examples": 2, "add_explanation": True},
    {"num_pos_examples": 2, "add_task_definition": False},
]


def tokenizer(text: str) -> dict:
    return {"input_ids": text.split()}


def main(folder: Path) -> None:
    spec = importlib.util.spec_from_file_location("ni_collator", folder / "src" / "ni_collator.py")
    code = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(code)
    rows = []
    for number, task in enumerate(TASKS):
        for form in FORMS:
            for most in (1000, 45):
                collate = code.DataCollatorForNI(tokenizer=tokenizer, max_source_length=most, text_only=True, **form)
                found = collate([{**task, "Task": f"task{number}", "Instance": task["Instances"][0]}])
                prompt = (found[0] if isinstance(found, tuple) else found)["inputs"][0]
                rows.append({"task": number, "form": form, "most": most, "prompt": prompt})
    made = {"tasks": TASKS, "prompts": rows}
    Path(__file__).with_name("encodings.json").write_text(json.dumps(made, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
