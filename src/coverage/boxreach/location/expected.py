def expected_cover(*a, **k):
    raise NotImplementedError
