import inspect
import re

import pytest
from allauth.account import adapter, fields, forms
from allauth.mfa import adapter as mfa
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.socialaccount import adapter as socialaccount
from django.utils import translation

from accounts.phrases import PHRASES

MODULES = (adapter, fields, forms, mfa, mfa_forms, totp_forms, socialaccount)
# A sentence written in several parts is one.
SOURCE = re.sub(r'"\s*\n\s*"', "", "".join(inspect.getsource(module) for module in MODULES))


@pytest.mark.parametrize("phrase", PHRASES)
def test_allauth_says_this_and_we_say_it_in_vietnamese(phrase):
    assert f'"{phrase}"' in SOURCE
    with translation.override("vi"):
        assert translation.gettext(phrase) != phrase
