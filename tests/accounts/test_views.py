import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.factories import LandmarkImageFactory, UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "một mật khẩu dài"


@pytest.fixture(autouse=True)
def untried():
    """Nobody has tried anything yet: tries are counted in the cache."""
    cache.clear()


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


def test_an_account_without_a_password_is_deleted_by_its_address(client):
    user = UserFactory(password=None)
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    page = client.post("/accounts/profile/delete/", {"email": "somebody@example.org"})
    assert page.status_code == 400
    assert "không phải địa chỉ" in page.content.decode()
    assert client.post("/accounts/profile/delete/", {"email": user.email.upper()}).status_code == 302
    assert not User.objects.exists()


def test_deleting_is_not_a_way_to_try_passwords(client):
    client.force_login(UserFactory(password=PASSWORD))
    answers = [client.post("/accounts/profile/delete/", {"password": "wrong"}) for _try in range(5)]
    assert [answer.status_code for answer in answers] == [400] * 4 + [429]
    assert "Bạn đã thử quá nhiều lần" in answers[-1].content.decode()
    assert client.post("/accounts/profile/delete/", {"password": PASSWORD}).status_code == 429


def test_what_stays_of_a_deleted_account_is_said_and_is_nobodys(client):
    user = UserFactory(password=PASSWORD)
    image = LandmarkImageFactory(published=True, contributed_by=user)
    client.force_login(user)
    assert "vẫn ở lại danh mục" in client.get("/accounts/profile/delete/").content.decode()
    client.post("/accounts/profile/delete/", {"password": PASSWORD})
    image.refresh_from_db()
    assert image.contributed_by is None


def test_deleting_twice_ends_at_the_door(client):
    client.force_login(UserFactory(password=PASSWORD))
    for _click in range(2):
        response = client.post("/accounts/profile/delete/", {"password": PASSWORD})
    assert response["Location"].startswith("/accounts/login/")


def test_a_form_sent_after_the_session_ended_leads_back_to_it_by_the_log_in(client):
    user = UserFactory(password=PASSWORD)
    client.force_login(user)
    client.session.flush()
    response = client.post("/accounts/profile/", {"first_name": "Lan", "language": "vi"})
    assert response["Location"] == "/accounts/login/?next=/accounts/profile/"
    page = client.get(response["Location"]).content.decode()
    assert '<input type="hidden" name="next" value="/accounts/profile/"' in page
    form = {"login": user.email, "password": PASSWORD, "next": "/accounts/profile/"}
    assert client.post("/accounts/login/", form)["Location"] == "/accounts/profile/"


@pytest.mark.parametrize(
    ("prefix", "words"),
    [("", "tải lại trang rồi gửi lần nữa"), ("/en", "reload the page and send the form again")],
)
def test_a_form_that_grew_old_says_what_to_do(prefix, words):
    user = UserFactory(password=PASSWORD)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    response = client.post(f"{prefix}/accounts/profile/", {"language": "vi", "csrfmiddlewaretoken": "old"})
    assert response.status_code == 403
    assert words in response.content.decode()


@pytest.fixture
def confirmed(settings):
    """Mail reaches people, so an address has to be confirmed."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def link_in(letter) -> str:
    return re.search(r"http://testserver(\S+)", letter.body)[1]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_where_mail_is_sent_an_account_begins_with_a_confirmed_address(client, confirmed, prefix):
    form = {"email": "lan@example.org", "password1": PASSWORD}
    response = client.post(f"{prefix}/accounts/signup/", form)
    assert response["Location"] == f"{prefix}/accounts/confirm-email/"
    log_in = {"login": "lan@example.org", "password": PASSWORD}
    assert client.post(f"{prefix}/accounts/login/", log_in)["Location"] == f"{prefix}/accounts/confirm-email/"
    [letter] = mail.outbox  # the second log-in sends no second one so soon
    assert link_in(letter).startswith(f"{prefix}/accounts/confirm-email/")
    client.post(link_in(letter))
    client.post(f"{prefix}/accounts/login/", log_in)
    assert client.get(f"{prefix}/accounts/profile/").status_code == 200


def test_where_no_mail_is_sent_nobody_is_locked_out(client):
    client.post("/accounts/signup/", {"email": "lan@example.org", "password1": PASSWORD})
    assert client.get("/accounts/profile/").status_code == 200


def logged_in(client: Client, **fields) -> User:
    """As one logs in by the form, with the password asked for once more just now."""
    user = UserFactory(password=PASSWORD, **fields)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return user


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_new_address_takes_the_old_ones_place_once_it_is_confirmed(client, prefix):
    user = logged_in(client)
    old = user.email
    EmailAddress.objects.create(user=user, email=old, primary=True, verified=True)
    address = f"{prefix}/accounts/email/"
    client.post(address, {"email": "new@example.org", "action_add": ""})
    user.refresh_from_db()
    assert user.email == old
    assert "new@example.org" in client.get(address).content.decode()
    client.post(link_in(mail.outbox[-1]))
    user.refresh_from_db()
    assert user.email == "new@example.org"


def test_an_address_that_was_never_confirmed_is_replaced_at_once(client):
    user = logged_in(client)
    client.post("/accounts/email/", {"email": "right@example.org", "action_add": ""})
    user.refresh_from_db()
    assert user.email == "right@example.org"
    assert [letter.to for letter in mail.outbox] == [[user.email]]
    assert Client().post("/accounts/login/", {"login": user.email, "password": PASSWORD}).status_code == 302


def test_anothers_address_cannot_be_taken(client):
    other = UserFactory()
    logged_in(client)
    page = client.post("/accounts/email/", {"email": other.email, "action_add": ""})
    assert "Đã có tài khoản" in page.content.decode()


def test_a_new_address_is_asked_for_with_the_password(client):
    user = UserFactory(password=PASSWORD)
    client.force_login(user)
    response = client.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    assert response["Location"].startswith("/accounts/reauthenticate/?next=")
    client.post(response["Location"], {"password": PASSWORD, "next": "/accounts/email/"})
    assert "new@example.org" in client.get("/accounts/email/").content.decode()  # it was not lost


# Two steps


def code_of(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))


def with_two_steps(client: Client, prefix: str = "") -> User:
    user = logged_in(client)
    form = client.get(f"{prefix}/accounts/2fa/totp/activate/").context["form"]
    response = client.post(f"{prefix}/accounts/2fa/totp/activate/", {"code": code_of(form.secret)})
    assert response["Location"] == f"{prefix}/accounts/2fa/recovery-codes/"
    return user


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_two_steps_are_turned_on_by_a_code_and_give_recovery_codes(client, prefix):
    user = with_two_steps(client, prefix)
    page = client.get(f"{prefix}/accounts/2fa/recovery-codes/")
    codes = page.context["unused_codes"]
    assert len(codes) == 10
    file = client.get(f"{prefix}/accounts/2fa/recovery-codes/download/").content.decode()
    assert all(code in file and code in page.content.decode() for code in codes)
    assert user.email in file


def test_with_two_steps_the_password_alone_lets_nobody_in(client):
    user = with_two_steps(client)
    codes = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    other = Client()
    response = other.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert response["Location"] == "/accounts/2fa/authenticate/"
    assert other.get("/accounts/profile/").status_code == 302
    wrong = other.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "Mã không đúng." in wrong.content.decode()
    assert other.post("/accounts/2fa/authenticate/", {"code": codes[0]})["Location"] == "/"
    assert other.get("/accounts/profile/").status_code == 200


def test_a_recovery_code_lets_in_once(client):
    user = with_two_steps(client)
    code = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"][0]
    for status in (302, 200):
        other = Client()
        other.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        assert other.post("/accounts/2fa/authenticate/", {"code": code}).status_code == status


def test_the_picture_to_scan_is_drawn_here(client):
    logged_in(client)
    page = client.get("/accounts/2fa/totp/activate/")
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    assert "Vietnam%20Tourism%20Retrieval" in page.context["totp_url"]


def test_two_steps_are_turned_off_again(client):
    with_two_steps(client)
    assert client.get("/accounts/2fa/totp/deactivate/").status_code == 200
    client.post("/accounts/2fa/totp/deactivate/")
    assert not client.get("/accounts/profile/").context["has_two_steps"]


MANAGED = ["email", "password/change", "2fa", "2fa/totp/activate", "3rdparty", "reauthenticate"]
MANAGED_WITH_TWO = ["2fa", "2fa/totp/deactivate", "2fa/recovery-codes", "2fa/recovery-codes/generate"]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_page_of_an_account_is_ours_in_both_languages(client, prefix):
    def reads(client: Client, page: str) -> None:
        content = client.get(f"{prefix}/accounts/{page}/").content.decode()
        assert 'class="wordmark"' in content, page
        assert content.count("<h1>") == 1, page
        assert f'<html lang="{"en" if prefix else "vi"}">' in content

    logged_in(client)
    for page in MANAGED:
        reads(client, page)
    other = Client()
    with_two_steps(other)
    for page in [*MANAGED_WITH_TWO, "2fa/reauthenticate"]:
        reads(other, page)
    for page in ("3rdparty/login/cancelled", "3rdparty/login/error"):
        reads(Client(), page)


# Accounts of other sites


def test_no_other_site_is_spoken_of_where_none_is_set_up(client):
    for page in ("/accounts/login/", "/accounts/signup/"):
        assert 'class="way"' not in client.get(page).content.decode()
    client.force_login(UserFactory())
    assert "Tài khoản đã kết nối" not in client.get("/accounts/profile/").content.decode()


# Private mode


def test_private_mode_of_an_account_holds_on_every_device(client):
    user = UserFactory()
    client.force_login(user)
    response = client.post("/searches/private/", {"on": "1", "next": "/accounts/profile/"}, follow=True)
    assert response.redirect_chain == [("/accounts/profile/", 302)]
    assert "Chế độ riêng tư đang bật" in response.content.decode()
    user.refresh_from_db()
    assert user.searches_privately
