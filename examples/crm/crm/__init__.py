"""Calls and users of a telephone system in a CRM: call-backs, activities, and a page that shows who is calling.

It knows nothing of Switchhook but the requests that it gets.
"""
