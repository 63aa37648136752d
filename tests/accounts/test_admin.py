import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.urls import reverse

from accounts import roles
from tests.factories import CuratorFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def administrator(client):
    user = CuratorFactory()
    client.force_login(user)
    return user


def test_an_account_is_made_with_an_address_and_a_password(client):
    form = {
        "email": "new@example.org",
        "language": "en",
        "usable_password": "true",
        "password1": "a-long-pass-phrase",
        "password2": "a-long-pass-phrase",
    }
    response = client.post(reverse("admin:accounts_user_add"), form)
    assert response.status_code == 302, response.context["errors"]
    assert get_user_model().objects.get(email="new@example.org").check_password("a-long-pass-phrase")


def test_accounts_are_listed_found_and_opened(client, administrator):
    found = client.get(reverse("admin:accounts_user_changelist"), {"q": administrator.email})
    assert administrator.email in found.content.decode()
    assert client.get(reverse("admin:accounts_user_change", args=[administrator.pk])).status_code == 200


def test_who_lost_the_second_step_is_let_in_by_the_first(client, administrator):
    user = UserFactory()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "A" * 32})
    form = {"action": "end_two_steps", "_selected_action": [user.pk]}
    page = client.post(reverse("admin:accounts_user_changelist"), form, follow=True).content.decode()
    assert "1 tài khoản" in page
    assert not Authenticator.objects.exists()


def test_no_page_shows_the_second_keys(client):
    page = client.get(reverse("admin:index")).content.decode()
    assert "/admin/accounts/user/" in page
    assert "/admin/mfa/" not in page
    assert "/admin/socialaccount/" not in page


def test_the_list_of_accounts_takes_as_many_queries_for_many_as_for_few(
    client, django_assert_max_num_queries
):
    counts = []
    client.get(reverse("admin:accounts_user_changelist"))
    for _round in range(2):
        for role in roles.Role:
            roles.give(UserFactory(), role, by=None)
        with django_assert_max_num_queries(20) as captured:
            assert "Cộng tác viên" in client.get(reverse("admin:accounts_user_changelist")).content.decode()
        counts.append(len(captured))
    assert counts[0] == counts[1]
