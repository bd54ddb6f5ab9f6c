"""The conventions: a module each, with one value ``LAYOUT`` and its small functions.

Adding one is adding a module here: the registry finds it, and with it the settings, the guesses,
the commands, the reference page and the tests.
"""
