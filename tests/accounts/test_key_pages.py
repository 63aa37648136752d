"""The pages on which an account makes, names and revokes its keys."""

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey, KeyUsage
from tests.factories import CuratorFactory, UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "một mật khẩu dài"
TOKEN = re.compile(r"vtr_[A-Za-z0-9]{8}_[A-Za-z0-9]{40}")


@pytest.fixture(autouse=True)
def untried():
    """Nobody has tried anything yet: tries are counted in the cache."""
    cache.clear()


@pytest.fixture
def owner(client):
    """Somebody who logged in and gave the password once more."""
    user = UserFactory(password=PASSWORD)
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return user


def form(client, **changed) -> dict:
    page = client.get("/accounts/keys/new/").content.decode()
    once = re.search(r'name="once" value="(.+?)"', page)[1]
    return {
        "name": "Our app",
        "scopes": ["search", "catalogue"],
        "allowed_origins": "",
        "once": once,
    } | changed


def make(client, **changed):
    return client.post("/accounts/keys/new/", form(client, **changed))


def key_of(owner, **fields) -> ApiKey:
    return keys.issue(owner, **{"name": "Our app", "scopes": ["search"]} | fields).key


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_key_is_shown_once_and_opens_the_api(client, owner, prefix):
    response = client.post(f"{prefix}/accounts/keys/new/", form(client))
    found = TOKEN.findall(response.content.decode())
    assert (response.status_code, len(found)) == (201, 1)
    assert "no-store" in response["Cache-Control"]
    assert (
        Client().get("/api/v1/landmarks/", headers={"Authorization": f"Bearer {found[0]}"}).status_code == 200
    )
    for page in ("keys/", "profile/", "keys/export/"):
        text = client.get(f"{prefix}/accounts/{page}").content.decode()
        assert found[0].rpartition("_")[2] not in text
        assert ApiKey.objects.get().secret_hash not in text


def test_a_form_sent_twice_makes_one_key(client, owner):
    sent = form(client)
    assert client.post("/accounts/keys/new/", sent).status_code == 201
    again = client.post("/accounts/keys/new/", sent, follow=True)
    assert TOKEN.search(again.content.decode()) is None
    assert "đã được tạo trước đó" in again.content.decode()
    assert ApiKey.objects.count() == 1


def test_making_a_key_takes_the_password_once_more(client):
    client.force_login(UserFactory(password=PASSWORD))
    response = client.get("/accounts/keys/new/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/reauthenticate/")
    assert client.get("/accounts/keys/").status_code == 200


@pytest.mark.parametrize("page", ["keys/", "keys/new/", "keys/export/"])
def test_without_an_account_there_are_no_keys(client, page):
    assert client.get(f"/accounts/{page}")["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "bắt buộc"),
        ({"scopes": []}, "Hãy chọn ít nhất một việc"),
        ({"scopes": ["everything"]}, "everything"),
        ({"allowed_origins": "ftp://example.org"}, "không phải địa chỉ trang web"),
        ({"allowed_origins": "https://example.org/page"}, "không phải địa chỉ trang web"),
        ({"allowed_origins": "https://*"}, "không phải địa chỉ trang web"),
        ({"allowed_origins": "\n".join(f"https://{n}.example.org" for n in range(21))}, "tối đa 20"),
        ({"once": "vtr_aaaaaaaa:forged:forged"}, "đã mở quá lâu"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(client, owner, changed, words):
    response = make(client, **{"name": "Tên của tôi"} | changed)
    page = response.content.decode()
    assert response.status_code == 400
    assert words in page
    assert "name" in changed or "Tên của tôi" in page
    assert not ApiKey.objects.exists()


def test_another_accounts_form_makes_no_key(client, owner):
    sent = form(client)
    other = Client()
    other.force_login(UserFactory(password=PASSWORD))
    other.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert other.post("/accounts/keys/new/", sent).status_code == 400


def test_websites_are_kept_as_browsers_name_them(client, owner):
    make(
        client,
        allowed_origins="HTTPS://Example.org/\nhttps://example.org:443\nhttp://localhost:3000\nhttps://việt.vn",
    )
    assert ApiKey.objects.get().allowed_origins == [
        "https://example.org", "http://localhost:3000", "https://xn--vit-5kz.vn",
    ]  # fmt: skip


def test_an_account_with_all_the_keys_it_may_have_is_told(client, owner, settings):
    settings.KEYS_PER_ACCOUNT = 1
    key_of(owner)
    assert "keys/new/" not in client.get("/accounts/keys/").content.decode()
    response = make(client)
    assert response.status_code == 400
    assert "tối đa 1 khóa" in response.content.decode()


def test_a_key_gets_another_name(client, owner):
    key = key_of(owner)
    client.post(f"/accounts/keys/{key.pk}/name/", {"name": "Bản đồ"})
    key.refresh_from_db()
    assert key.name == "Bản đồ"
    response = client.post(f"/accounts/keys/{key.pk}/name/", {"name": " "})
    assert response.status_code == 400
    assert "<details open>" in response.content.decode()


def test_a_key_is_revoked_after_one_more_question(client, owner):
    key = key_of(owner)
    page = client.get(f"/accounts/keys/{key.pk}/revoke/").content.decode()
    key.refresh_from_db()
    assert ("Thu hồi “Our app”?" in page, key.revoked_at) == (True, None)
    response = client.post(f"/accounts/keys/{key.pk}/revoke/", follow=True)
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert "1 khóa đã thu hồi" in response.content.decode()


def test_nobody_touches_the_keys_of_another(client, owner):
    theirs = key_of(UserFactory())
    for page in ("name", "revoke"):
        assert client.post(f"/accounts/keys/{theirs.pk}/{page}/", {"name": "Mine"}).status_code == 404
    theirs.refresh_from_db()
    assert (theirs.name, theirs.revoked_at) == ("Our app", None)
    assert theirs.prefix not in client.get("/accounts/keys/").content.decode()


def test_the_list_of_keys_takes_no_more_queries_for_more_keys(
    client, owner, settings, django_assert_max_num_queries
):
    settings.KEYS_PER_ACCOUNT, settings.KEY_SEARCHES = 9, (60, 1000)
    for _number in range(9):
        key = key_of(owner)
        KeyUsage.objects.create(key=key, day=timezone.localdate(), kind="search", requests=5, refusals=1)
    with django_assert_max_num_queries(6):
        client.get("/accounts/keys/")


def test_an_account_takes_along_what_is_kept_of_its_keys(client, owner):
    key = key_of(owner)
    KeyUsage.objects.create(key=key, day=timezone.localdate(), kind="search", requests=5, refusals=1)
    [told] = client.get("/accounts/keys/export/").json()["keys"]
    assert (told["begins_with"], told["usage"][0]["requests"]) == (key.prefix, 5)


def test_a_deleted_account_takes_its_keys_along(client, owner):
    KeyUsage.objects.create(key=key_of(owner), day=timezone.localdate(), kind="search", requests=1)
    assert "1 khóa API của bạn" in client.get("/accounts/profile/delete/").content.decode()
    client.post("/accounts/profile/delete/", {"password": PASSWORD})
    assert not ApiKey.objects.exists()
    assert not KeyUsage.objects.exists()


def test_an_account_closed_at_the_desk_loses_its_keys_for_good(client):
    owner = UserFactory()
    key = key_of(owner)
    client.force_login(CuratorFactory())
    page = f"/admin/accounts/user/{owner.pk}/change/"
    client.post(page, {"email": owner.email, "language": "vi"})
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_administrators_set_limits_and_revoke(client):
    key = key_of(UserFactory())
    KeyUsage.objects.create(key=key, day=timezone.localdate(), kind="search", requests=5, refusals=1)
    client.force_login(CuratorFactory())
    page = f"/admin/accounts/apikey/{key.pk}/change/"
    assert "plot__part--search" in client.get(page).content.decode()
    assert "plot__part--search" in client.get("/admin/accounts/apikey/").content.decode()
    client.post(page, {"searches_per_day": 7})
    key.refresh_from_db()
    assert (key.searches_per_day, key.name, key.revoked_at) == (7, "Our app", None)
    client.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked_at is not None
