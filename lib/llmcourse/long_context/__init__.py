"""Does a long context work? Tests of what a model does with a text that it has read, and what each mixer makes of them.

little_retrieval   lines with numbers, one of which is asked for; the instruction stands among them
needle             a sentence in a haystack, by tokens; other words, look-alikes, many questions on one reading
translation        chrF, the measure of translations that needs no words
languages          made languages: a book with words, grammar and examples, and sentences to translate
rope               rotary positions past the training length: interpolation, NTK-aware, YaRN
mixers             the mixers of part II, at equal size
"""
