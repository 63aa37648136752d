import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from tests.factories import CuratorFactory

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
