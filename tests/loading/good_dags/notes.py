raise RuntimeError("mentions neither of the two words")
