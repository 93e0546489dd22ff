"""How fast the library's recurrences are, and against whom: `make bench` writes lib/BENCHMARKS.md.

machine     what this machine can do at most: products, copies, exponentials
measure     seconds of a call, bytes alive at its peak, products and exponentials it asks for
recurrence  the cases: the zoo's rows and forms, softmax attention, other people's code
report      the page
"""
