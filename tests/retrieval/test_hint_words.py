import pytest
from django.utils import translation

from retrieval.hint_words import WORDS
from retrieval.ranking.hints import Code


@pytest.mark.parametrize("code", list(Code))
def test_every_hint_has_words_in_both_languages(code):
    with translation.override("en"):
        english = str(WORDS[code])
    with translation.override("vi"):
        vietnamese = str(WORDS[code])
    assert english.endswith(".")
    assert vietnamese.endswith(".")
    assert english != vietnamese


def test_words_are_found_by_the_text_that_a_row_keeps():
    assert WORDS["too_dark"] == WORDS[Code.TOO_DARK]
