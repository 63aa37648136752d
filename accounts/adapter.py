"""How allauth behaves here: accounts read in a language, and are answered in it."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.urls import translate_url
from django.utils.translation import get_language


class AccountAdapter(DefaultAccountAdapter):
    def new_user(self, request: HttpRequest):
        """A new account reads in the language it was made in, by whatever way it was made."""
        user = super().new_user(request)
        user.language = get_language()
        return user

    def post_login(self, request: HttpRequest, user, **kwargs) -> HttpResponse:
        """After logging in the site goes on in the account's language."""
        response = super().post_login(request, user, **kwargs)
        if "Location" in response:
            response["Location"] = translate_url(response["Location"], user.language)
        return response

    def format_email_subject(self, subject: str) -> str:
        return subject
