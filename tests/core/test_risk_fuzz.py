"""I6: whatever is in a model file, the answer is a typed error or a probability, soon and within bounded memory."""

from .fuzz_models import LIMIT_MIB, LIMIT_S, Fuzz, bases, encode, parse, peak_mib


def test_the_damage_starts_from_sound_models():
    for data in bases():
        assert encode(parse(data)) == data


def test_i6_three_thousand_damaged_models_end_in_words_or_in_probabilities():
    fuzz = Fuzz(seed=7)
    before_mib = peak_mib()
    for _ in range(3000):
        fuzz.step()
    assert fuzz.outcomes["refused"] > 1000
    assert fuzz.outcomes["works"] > 200
    # the machine that tests has other work to do: the limit itself is for the long run
    assert fuzz.worst_s < 5 * LIMIT_S
    assert peak_mib() - before_mib < LIMIT_MIB
