"""What runs in a sandbox: the process that runs a student's cells, and the one that ends it.

A cold kernel is this package alone, since nothing else of `grading` can be read in there; so it imports nothing of it.

    channel   messages between this process and the one that grades
    keeper    ends the kernel when nobody grades any more
    shell     IPython without a terminal: runs cells, and sends what they show
"""
