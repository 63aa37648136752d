from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import password_reset
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from axes.models import AccessAttempt
from django.conf import settings
from django.core.cache import cache
from django.db.models import F
from django.test import Client

from accounts.models import User
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
PASSWORD = "một mật khẩu dài"
LIMIT = settings.AXES_FAILURE_LIMIT


@pytest.fixture(autouse=True)
def untried():
    """Nobody has asked for anything yet: how often pages are asked for is counted in the cache."""
    cache.clear()


def log_in(email: str, password: str = "wrong", *, client: Client | None = None, prefix: str = "", **extra):
    form = {"login": email, "password": password}
    return (client or Client()).post(f"{prefix}/accounts/login/", form, **extra)


@pytest.mark.parametrize(("prefix", "words"), [("", "Bạn đã thử quá nhiều lần"), ("/en", "Too many tries")])
def test_who_fails_too_often_is_refused_with_a_page_in_their_language(prefix, words):
    email = UserFactory(password=PASSWORD).email
    answers = [log_in(email, prefix=prefix) for _try in range(LIMIT)]
    assert [answer.status_code for answer in answers] == [200] * (LIMIT - 1) + [429]
    right = log_in(email, PASSWORD, prefix=prefix)
    assert right.status_code == 429  # the right password has to wait too
    page = right.content.decode()
    assert words in page
    assert "15" in page
    assert right["Retry-After"] == "900"


def test_however_the_address_is_written_it_is_one_account():
    email = UserFactory(password=PASSWORD).email
    for way in (str.upper, str.title, str.lower, str.swapcase, " {} ".format):
        log_in(way(email))
    assert log_in(email, PASSWORD).status_code == 429


def test_others_get_in_from_elsewhere_and_to_other_accounts():
    one, other = UserFactory(password=PASSWORD), UserFactory(password=PASSWORD)
    for _try in range(LIMIT):
        log_in(one.email, REMOTE_ADDR="203.0.113.5")
    assert log_in(one.email, PASSWORD, REMOTE_ADDR="203.0.113.6").status_code == 302
    assert log_in(other.email, PASSWORD, REMOTE_ADDR="203.0.113.5").status_code == 302


def test_from_one_address_not_every_account_is_tried():
    last = UserFactory(password=PASSWORD)
    answers = []
    for number in range(30):
        cache.clear()
        answers.append(log_in(f"somebody-{number}@example.org").status_code)
    cache.clear()
    assert answers == [200] * 29 + [429]
    assert log_in(last.email, PASSWORD).status_code == 429
    assert log_in(last.email, PASSWORD, REMOTE_ADDR="203.0.113.6").status_code == 302


def test_into_one_account_not_every_address_tries():
    user = UserFactory(password=PASSWORD)
    answers = [log_in(user.email, REMOTE_ADDR=f"203.0.113.{number}").status_code for number in range(100)]
    assert answers == [200] * 99 + [429]


def test_a_household_of_ipv6_is_one_address():
    email = UserFactory(password=PASSWORD).email
    for number in range(LIMIT):
        log_in(email, REMOTE_ADDR=f"2001:db8:0:1::{number + 1}")
    assert log_in(email, PASSWORD, REMOTE_ADDR="2001:db8:0:1::99").status_code == 429
    assert log_in(email, PASSWORD, REMOTE_ADDR="2001:db8:0:2::99").status_code == 302


@pytest.mark.parametrize(("proxies", "locked"), [(0, True), (1, False)])
def test_what_a_header_says_of_the_address_counts_behind_trusted_proxies_alone(settings, proxies, locked):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    email = UserFactory(password=PASSWORD).email
    for number in range(LIMIT):
        log_in(email, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
    answer = log_in(email, PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.200")
    assert (answer.status_code == 429) is locked


def test_the_wait_ends_and_further_tries_do_not_lengthen_it():
    email = UserFactory(password=PASSWORD).email
    for _try in range(LIMIT):
        log_in(email)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=14))
    assert log_in(email).status_code == 429
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=1, seconds=1))
    assert log_in(email, PASSWORD).status_code == 302


def test_getting_in_forgives_what_went_before():
    email = UserFactory(password=PASSWORD).email
    for _time in range(2):
        for _try in range(LIMIT - 1):
            assert log_in(email).status_code == 200
        assert log_in(email, PASSWORD).status_code == 302


def test_a_new_password_lets_its_owner_in_at_once(rf):
    user = UserFactory(password=PASSWORD)
    for _try in range(LIMIT):
        log_in(user.email)
    password_reset.send(sender=User, request=rf.get("/"), user=user)
    assert log_in(user.email, PASSWORD).status_code == 302


def test_the_desk_is_entered_by_the_same_door(client):
    email = UserFactory(password=PASSWORD, is_staff=True).email
    for _try in range(LIMIT):
        log_in(email)
    assert log_in(email, PASSWORD, client=client).status_code == 429
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def with_two_steps() -> User:
    user = UserFactory(password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    totp.TOTP.activate(user, totp.generate_totp_secret())
    RecoveryCodes.activate(user)
    return user


@pytest.mark.parametrize(("prefix", "words"), [("", "Bạn đã thử quá nhiều lần"), ("/en", "Too many tries")])
def test_codes_of_the_second_step_are_counted_like_passwords(prefix, words):
    user, client = with_two_steps(), Client()
    assert "2fa" in log_in(user.email, PASSWORD, client=client, prefix=prefix)["Location"]
    answers = [
        client.post(f"{prefix}/accounts/2fa/authenticate/", {"code": f"00000{number}"})
        for number in range(LIMIT)
    ]
    assert [answer.status_code for answer in answers] == [200] * (LIMIT - 1) + [429]
    assert words in answers[-1].content.decode()
    right = RecoveryCodes(user.authenticator_set.get(type="recovery_codes")).get_unused_codes()[0]
    assert client.post(f"{prefix}/accounts/2fa/authenticate/", {"code": right}).status_code == 429
    assert log_in(user.email, PASSWORD).status_code == 429  # nor does beginning anew help


def test_what_is_kept_of_a_wrong_try_names_no_password_and_no_code():
    user, client = with_two_steps(), Client()
    log_in(user.email, "almost my password")
    log_in(user.email, PASSWORD, client=client)
    client.post("/accounts/2fa/authenticate/", {"code": "123456"})
    kept = "".join(str(row) for row in AccessAttempt.objects.values())
    assert "almost" not in kept
    assert "123456" not in kept
