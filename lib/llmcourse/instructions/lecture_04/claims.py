"""The claims of lecture 04, each with its bounds, and what became of them.

The bounds are differences of shares of right answers, chosen before the runs: the smallest that would be worth seeing.
"""

MORE_TASKS = 0.10  # unseen tasks: 80 training tasks against 6
MORE_FORMS = 0.10  # unseen templates: 9 templates in training against 1
EXAMPLES = 0.05  # two positive examples more than the definition alone, unseen tasks
TRACES = 0.10  # traces against answers
AUGMENTED = 0.05  # augmented against the plain set
ORDER = 0.05  # an order against shuffled
SATURATED, FLAT = 0.1, 0.1  # imitation, from 8 examples to 32: the style changes by less, and facts rise by less
