"""A billing program: makes rated call records of what calls and their legs over a trunk came to.

It knows nothing of Switchhook but the requests that it gets, and the REST API that it asks whether it got all.
"""
