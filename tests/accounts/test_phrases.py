import inspect

import pytest
from allauth.account import adapter, fields, forms
from django.utils import translation

from accounts.phrases import PHRASES

SOURCE = "".join(inspect.getsource(module) for module in (adapter, fields, forms))


@pytest.mark.parametrize("phrase", PHRASES)
def test_allauth_says_this_and_we_say_it_in_vietnamese(phrase):
    assert f'"{phrase}"' in SOURCE
    with translation.override("vi"):
        assert translation.gettext(phrase) != phrase
