from .marks import MARK


def shout(text):
    return text.upper() + MARK
