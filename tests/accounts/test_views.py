import re

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "một mật khẩu dài"


def test_an_account_is_made_in_the_language_of_the_page(client):
    for address, language in (("/accounts/signup/", "vi"), ("/en/accounts/signup/", "en")):
        email = f"lan-{language}@example.org"
        response = Client().post(address, {"email": email, "password1": PASSWORD})
        assert response.status_code == 302
        assert User.objects.get(email=email).language == language


@pytest.mark.parametrize(("language", "home"), [("vi", "/"), ("en", "/en/")])
def test_logging_in_goes_on_in_the_accounts_language(client, language, home):
    user = UserFactory(password=PASSWORD, language=language)
    for address in ("/accounts/login/", "/en/accounts/login/"):
        response = Client().post(address, {"login": user.email, "password": PASSWORD})
        assert response["Location"] == home


def test_a_wrong_password_is_told_in_the_readers_language(client):
    user = UserFactory(password=PASSWORD)
    for address, message in (("/accounts/", "không đúng"), ("/en/accounts/", "not correct")):
        response = client.post(address + "login/", {"login": user.email, "password": "wrong"})
        assert message in response.content.decode()


def test_a_weak_password_is_told_in_vietnamese(client):
    page = client.post("/accounts/signup/", {"email": "lan@example.org", "password1": "123"}).content.decode()
    assert "Mật khẩu quá ngắn" in page
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("prefix", "subject", "greeting"),
    [("", "Chọn mật khẩu mới", "Xin chào"), ("/en", "Choose a new password", "Hello")],
)
def test_a_forgotten_password_is_replaced_by_mail(client, prefix, subject, greeting):
    user = UserFactory()
    response = client.post(f"{prefix}/accounts/password/reset/", {"email": user.email}, follow=True)
    assert response.status_code == 200
    letter = mail.outbox[0]
    assert letter.subject == subject
    assert greeting in letter.body
    link = re.search(r"http://testserver(\S+)", letter.body)[1]
    assert link.startswith(f"{prefix}/accounts/")
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_used_link_says_so(client):
    page = client.get("/accounts/password/reset/key/1-nonsense/")
    assert "Liên kết không còn dùng được" in page.content.decode()


@pytest.mark.parametrize(
    "page", ["login", "signup", "password/reset", "password/reset/done", "confirm-email", "inactive"]
)
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_pages_before_logging_in_stand_in_our_frame(client, page, prefix):
    content = client.get(f"{prefix}/accounts/{page}/").content.decode()
    assert 'class="wordmark"' in content
    assert f'<html lang="{"en" if prefix else "vi"}">' in content


@pytest.mark.parametrize("page", ["profile", "profile/delete", "email", "password/change", "logout"])
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_pages_of_an_account_stand_in_our_frame(client, page, prefix):
    client.force_login(UserFactory(password=PASSWORD))
    response = client.get(f"{prefix}/accounts/{page}/")
    assert response.status_code == 200
    assert 'class="wordmark"' in response.content.decode()


def test_the_profile_is_for_those_logged_in(client):
    for page in ("profile", "profile/delete"):
        assert client.get(f"/accounts/{page}/")["Location"].startswith("/accounts/login/")


def test_another_language_of_the_profile_is_kept_and_followed(client):
    user = UserFactory(language="vi")
    client.force_login(user)
    response = client.post("/accounts/profile/", {"first_name": "Lan", "language": "en"}, follow=True)
    user.refresh_from_db()
    assert (user.first_name, user.language) == ("Lan", "en")
    assert response.redirect_chain == [("/en/accounts/profile/", 302)]
    assert "Your profile is saved." in response.content.decode()


def test_an_unknown_language_is_refused(client):
    client.force_login(UserFactory())
    assert client.post("/accounts/profile/", {"language": "xx"}).status_code == 400


def test_an_account_is_deleted_by_its_password_alone(client):
    client.force_login(UserFactory(password=PASSWORD))
    assert client.post("/accounts/profile/delete/", {"password": "wrong"}).status_code == 400
    assert User.objects.exists()
    response = client.post("/accounts/profile/delete/", {"password": PASSWORD}, follow=True)
    assert not User.objects.exists()
    assert response.redirect_chain == [("/", 302)]


def test_an_account_without_a_password_can_be_deleted_too(client):
    user = UserFactory(password=None)
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    assert client.post("/accounts/profile/delete/").status_code == 302
    assert not User.objects.exists()
