"""How fast the library is, and against whom: `make bench` writes lib/BENCHMARKS*.md.

A topic's benchmark is the module here with the topic's name; it has a `main`, and nobody has to enter it anywhere.

machine     what this machine can do at most: products, copies, exponentials
measure     seconds of a call, bytes alive at its peak, products and exponentials it asks for
zoo         the cases of `recurrence`: the zoo's rows and forms, softmax attention, other people's code
report      the page of `recurrence`
"""
