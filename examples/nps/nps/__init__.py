"""A Net Promoter Score program: keeps what callers chose in a survey menu, tells the right person, shows the score.

It knows nothing of Switchhook but the requests that it gets.
"""
