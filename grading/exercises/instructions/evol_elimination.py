"""The private half of evol-elimination."""

import re

from llmcourse.checks.labs.instructions.evol_elimination import ALL, evolutions

from grading.exercises import misconception, reference, variant

CASES = {"many": evolutions(*ALL * 4), "twice as many": evolutions(*ALL * 6)}


@reference
def why_not(before, after, response, similarity, stop_words):
    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@variant
def in_a_table(before, after, response, similarity, stop_words):
    import re

    said = set(re.findall("[a-z0-9]+", response.lower()))
    rules = {
        "same": similarity(before, after) >= 0.9,
        "refusal": "sorry" in said and len(response.split()) < 80,
        "hollow": said <= set(stop_words),
        "leak": any(mark in after.lower() for mark in ("given prompt", "rewritten prompt")),
    }
    return next((name for name, applies in rules.items() if applies), "")


@variant
def nested(before, after, response, similarity, stop_words):
    import re

    if not similarity(after, before) < 0.9:
        return "same"
    if re.search(r"\bsorry\b", response, re.IGNORECASE) and len(response.split()) <= 79:
        return "refusal"
    words = [w for w in re.split(r"[^a-z0-9]+", response.lower()) if w]
    left = [w for w in words if w not in stop_words]
    if not left:
        return "hollow"
    return "leak" if re.search("(given|rewritten) prompt", after.lower()) else ""


@misconception(
    says='refusals with a small "sorry" alone',
    hint='Compare in lower case: "Sorry" apologises as well.',
)
def capitals_count_in_sorry(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in re.findall(r"[A-Za-z0-9]+", response) and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says='refusals wherever the letters "sorry" come, inside other words too',
    hint='Ask for the whole word: "unsorry" is another.',
)
def sorry_inside_words(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in response.lower() and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says="refusals of any length",
    hint="A response of 80 words or more that says sorry is an answer: ask for the length as well.",
)
def any_length_refuses(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says="refusals of 80 words too",
    hint="Fewer than 80 words: `< 80`.",
)
def eighty_is_short(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) <= 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says="refusals in long responses, and not in short ones",
    hint="Short responses that say sorry are refusals: fewer than 80 words.",
)
def long_ones_refuse(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) >= 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says='"hollow" wherever a stop word comes',
    hint="*All* words must be stop words: `all`, not `any`.",
)
def any_stop_word(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if not said or any(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says="the rules without the one on stop words",
    hint='A response of nothing but stop words and marks says nothing: "hollow".',
)
def no_hollow(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says='"hollow" for responses without any word alone',
    hint="Stop words alone say nothing either: look at every word.",
)
def empty_alone_is_hollow(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if not said:
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says="stop words looked for with their capitals and punctuation marks",
    hint='Take the words out of the response first, in lower case: "The" and "is," are stop words.',
)
def stop_words_with_marks(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in response.split()):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says="leaks looked for in the response",
    hint="The rule is about the new instruction, `after`.",
)
def leak_in_response(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in response.lower() or "rewritten prompt" in response.lower():
        return "leak"
    return ""


@misconception(
    says="leaks looked for in the old instruction",
    hint="The rule is about the new instruction, `after`.",
)
def leak_in_before(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in before.lower() or "rewritten prompt" in before.lower():
        return "leak"
    return ""


@misconception(
    says="leaks in small letters alone",
    hint="Compare in lower case: models like capitals.",
)
def leak_in_small_letters(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after or "rewritten prompt" in after:
        return "leak"
    return ""


@misconception(
    says='leaks of "given prompt" alone',
    hint='Both marks leak: "given prompt" and "rewritten prompt".',
)
def one_mark(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says='"same" only above 0.9',
    hint="0.9 is as similar as the limit, and nothing new: `>=`.",
)
def above_the_limit(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) > 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says='"same" for identical instructions alone',
    hint="Another word order is nothing new: ask for the similarity.",
)
def identical_alone(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if before == after:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says="the rules with the leak asked for first",
    hint="The order is same, refusal, hollow, leak: the first that applies is the answer.",
)
def leak_first(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    return "hollow" if all(word in stop_words for word in said) else ""


@misconception(
    says="whether it is eliminated, and not why",
    hint='Return the name of the rule, or "" if none applies.',
)
def only_whether(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return True
    if "sorry" in said and len(response.split()) < 80:
        return True
    if all(word in stop_words for word in said):
        return True
    return "given prompt" in after.lower() or "rewritten prompt" in after.lower()


@misconception(
    says="refusals whose length is counted in runs of letters and digits",
    hint='Fewer than 80 words of `response.split()`: "lamp-stone" is one there, and "..." is one too.',
)
def runs_are_counted(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(said) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says='the rules with "hollow" asked for before "refusal"',
    hint="The order is same, refusal, hollow, leak: the first that applies is the answer.",
)
def hollow_first(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if all(word in stop_words for word in said):
        return "hollow"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says='the rules with "leak" asked for before "hollow"',
    hint="The order is same, refusal, hollow, leak: the first that applies is the answer.",
)
def leak_before_hollow(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    if all(word in stop_words for word in said):
        return "hollow"
    return ""


@misconception(
    says="the last rule that applies",
    hint="The *first* that applies is the answer: return at once.",
)
def last_rule(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    if all(word in stop_words for word in said):
        return "hollow"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if similarity(before, after) >= 0.9:
        return "same"
    return ""


@misconception(
    says="None where no rule applies",
    hint='If none applies, return the empty text `""`.',
)
def none_for_none(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return None


@misconception(
    says='"hollow" only for responses that have words',
    hint="A response without any word is hollow as well: `all` of nothing is true.",
)
def empty_is_not_hollow(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if said and all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says="stop words looked for with their capitals",
    hint='Take the words in lower case: "The" and "THE" are stop words.',
)
def stop_words_with_capitals(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in re.findall(r"[A-Za-z0-9]+", response)):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""


@misconception(
    says="leaks looked for in both instructions",
    hint="The rule is about the new instruction, `after`, alone: what was there before has not leaked.",
)
def leak_in_either(before, after, response, similarity, stop_words):
    import re

    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if any(mark in f"{before} {after}".lower() for mark in ("given prompt", "rewritten prompt")):
        return "leak"
    return ""


EQUIVALENT = {}
