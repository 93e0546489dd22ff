"""How fast the library is, and against whom: `make bench` writes lib/BENCHMARKS*.md.

A topic's benchmark is the module here with the topic's name. It has a `main`, and need not be listed anywhere.

machine     the limits of this machine: products, copies, exponentials
measure     a call's seconds, its bytes alive at the peak, the products and exponentials it needs
zoo         the cases of `recurrence`: the zoo's rows and forms, softmax attention, other people's code
report      the page of `recurrence`
"""
