"""The private half of style-score."""

import re

from llmcourse.checks.labs.instructions.style_score import ALL, honest, parrot, short, spam, written

from grading.exercises import misconception, reference, variant

CASES = {"many texts": written(*ALL * 5), "honest and not": written(honest, spam, parrot, short, honest, spam)}


@reference
def style_score(text, marks):
    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return len(found) / len(marks) * len(set(rest)) / len(rest) * min(1.0, len(rest) / (5 * len(found)))


@variant
def word_by_word(text, marks):
    import re

    found, others, count = [], [], 0
    for word in re.split("[^a-z0-9]+", text.lower()):
        if word in marks:
            if word not in found:
                found.append(word)
        elif word:
            count += 1
            if word not in others:
                others.append(word)
    if len(found) == 0 or count == 0:
        return 0.0
    room = count / (5 * len(found))
    return (len(found) / len(marks)) * (len(others) / count) * (room if room < 1 else 1.0)


@variant
def with_counters(text, marks):
    import re
    from collections import Counter

    counts = Counter(re.findall("[a-z0-9]+", text.lower()))
    found = sum(counts[mark] > 0 for mark in marks)
    rest = {word: n for word, n in counts.items() if word not in marks}
    total = sum(rest.values())
    if not found * total:
        return 0.0
    return found * len(rest) * min(1, total / found / 5) / (len(marks) * total)


@misconception(
    says="a score that grows with every repetition of a mark",
    hint="Each mark counts once: a set, not a count.",
)
def counts_all_marks(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return (
        sum(word in marks for word in words)
        / len(marks)
        * len(set(rest))
        / len(rest)
        * min(1.0, len(rest) / (5 * len(found)))
    )


@misconception(
    says="the share of a text's words that are marks",
    hint="A text of marks alone would be perfect: ask how many of the marks come, not how many of the words are marks.",
)
def share_of_words(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return sum(word in marks for word in words) / len(words)


@misconception(
    says="the share of marks found, and nothing else",
    hint="A list of all the marks would be perfect: the variety and the room of the rest belong to the score.",
)
def marks_alone(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found = set(words) & set(marks)
    return len(found) / len(marks)


@misconception(
    says="a score without the room",
    hint="A few words with many marks is a trick: five words for each mark.",
)
def no_room(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return len(found) / len(marks) * len(set(rest)) / len(rest)


@misconception(
    says="a score without the variety",
    hint="One word a hundred times is no text: multiply by the share of different words.",
)
def no_variety(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return len(found) / len(marks) * min(1.0, len(rest) / (5 * len(found)))


@misconception(
    says="a score in which long texts have a room above 1",
    hint="More than enough room is enough: `min(1.0, ...)`.",
)
def room_above_one(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return len(found) / len(marks) * len(set(rest)) / len(rest) * len(rest) / (5 * len(found))


@misconception(
    says="the variety of all words, marks too",
    hint="Variety and room are those of the rest: leave out the marks.",
)
def variety_of_all(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return len(found) / len(marks) * len(set(words)) / len(words) * min(1.0, len(rest) / (5 * len(found)))


@misconception(
    says="the room of all words, marks too",
    hint="A mark makes no room for itself: count the rest.",
)
def room_of_all(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return len(found) / len(marks) * len(set(rest)) / len(rest) * min(1.0, len(words) / (5 * len(found)))


@misconception(
    says="room for all marks, found or not",
    hint="Five words for each mark that was *found*.",
)
def room_for_all_marks(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return len(found) / len(marks) * len(set(rest)) / len(rest) * min(1.0, len(rest) / (5 * len(marks)))


@misconception(
    says="room for every repetition of a mark",
    hint="Five words for each different mark.",
)
def room_for_repeated(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return (
        len(found)
        / len(marks)
        * len(set(rest))
        / len(rest)
        * min(1.0, len(rest) / (5 * sum(word in marks for word in words)))
    )


@misconception(
    says="marks in small letters alone",
    hint="Sentences begin with a capital: compare in lower case.",
)
def small_letters_alone(text, marks):
    import re

    words = re.findall(r"[A-Za-z0-9]+", text)
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return len(found) / len(marks) * len(set(rest)) / len(rest) * min(1.0, len(rest) / (5 * len(found)))


@misconception(
    says="marks found inside other words too",
    hint="Overalls are no style: look for whole words.",
)
def inside_words(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = {mark for mark in marks if mark in text.lower()}, [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return len(found) / len(marks) * len(set(rest)) / len(rest) * min(1.0, len(rest) / (5 * len(found)))


@misconception(
    says="words with the marks of punctuation that stand at them",
    hint='Take words with `re.findall(r"[a-z0-9]+", ...)`: "Overall," is a mark too.',
)
def with_punctuation(text, marks):
    words = text.lower().split()
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return len(found) / len(marks) * len(set(rest)) / len(rest) * min(1.0, len(rest) / (5 * len(found)))


@misconception(
    says="1 for a text without marks or without other words",
    hint="Such a text has no style: 0.0.",
)
def ones_for_empty(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 1.0
    return len(found) / len(marks) * len(set(rest)) / len(rest) * min(1.0, len(rest) / (5 * len(found)))


@misconception(
    says="a score in which a mark counts as often as it comes, in the first factor and in the room",
    hint="f is the number of *different* marks, in both places: `set(words) & set(marks)`.",
)
def marks_with_repetitions(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    share, variety = sum(word in marks for word in words) / len(marks), len(set(rest)) / len(rest)
    return share * variety * min(1.0, len(rest) / (5 * sum(word in marks for word in words)))


@misconception(
    says="a score with the larger of 1 and the room",
    hint="The room is at most 1: `min`, not `max`.",
)
def larger_room(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    share, variety = len(found) / len(marks), len(set(rest)) / len(rest)
    return share * variety * max(1.0, len(rest) / (5 * len(found)))


@misconception(
    says="a score whose room is upside down",
    hint="The room is n / (5 f): it grows with the rest.",
)
def room_upside_down(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    share, variety = len(found) / len(marks), len(set(rest)) / len(rest)
    return share * variety * min(1.0, 5 * len(found) / len(rest))


@misconception(
    says="a score in which the rest has each word once",
    hint="n counts the words of the rest with their repetitions, d the different ones: keep a list for n.",
)
def rest_as_a_set(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    share, variety = len(found) / len(marks), 1.0
    return share * variety * min(1.0, len(set(rest)) / (5 * len(found)))


@misconception(
    says="a score with the share of different marks among the words",
    hint="The first factor is f / m: divide by the number of marks.",
)
def divided_by_words(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    share, variety = len(found) / len(words), len(set(rest)) / len(rest)
    return share * variety * min(1.0, len(rest) / (5 * len(found)))


@misconception(
    says="a score whose n counts all words",
    hint="n is the number of words in the rest, in the variety and in the room.",
)
def all_words_in_n(text, marks):
    import re

    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    share, variety = len(found) / len(marks), len(set(rest)) / len(words)
    return share * variety * min(1.0, len(words) / (5 * len(found)))


EQUIVALENT = {}
