"""Learners of scikit-uplift, CausalML and EconML, and what needs no learner; all on the same base learner.

What a library doesn't do for several actions at once is fitted for each action against none. Each library has its own
file, which is imported only in the process of its learner.
"""
