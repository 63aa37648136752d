"""Every page and every act of the desk, and the role that it takes."""

from collections.abc import Iterator

import numpy as np
import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from django.urls import URLPattern, reverse

from accounts import keys, roles
from accounts.models import User
from accounts.roles import Role
from config import urls as _whole_site  # noqa: F401 (what the admin shows is settled there)
from places.models import CurationEvent, TakedownRequest
from retrieval.models import (
    Calibration,
    Correction,
    DescribeFailure,
    Descriptor,
    Effect,
    Evaluation,
    LookAlike,
    NightlyTuning,
    Offer,
    Query,
    ServableCheckpoint,
)
from tests.factories import CuratorFactory, LandmarkFactory, LandmarkImageFactory, UserFactory, drawn_photo

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

VIEWER, CONTRIBUTOR, CURATOR, ADMINISTRATOR = Role
ALL_POWERFUL = "who may do everything"  # none of the roles, who runs the platform alone
NOBODY = "nobody"

# What opens to whom: each page by the lowest role that opens it.
PAGES = {
    "index": VIEWER,
    "search": VIEWER,
    "password_change": VIEWER,
    "password_change_done": VIEWER,
    "jsi18n": VIEWER,
    "app_list": VIEWER,
    # people
    "accounts_user_changelist": ADMINISTRATOR,
    "accounts_user_add": ADMINISTRATOR,
    "accounts_user_change": ADMINISTRATOR,
    "accounts_user_delete": ADMINISTRATOR,
    "accounts_user_history": ADMINISTRATOR,
    "auth_user_password_change": ADMINISTRATOR,
    "accounts_apikey_changelist": ADMINISTRATOR,
    "accounts_apikey_add": NOBODY,
    "accounts_apikey_change": ADMINISTRATOR,
    "accounts_apikey_delete": ADMINISTRATOR,
    "accounts_apikey_history": ADMINISTRATOR,
    "account_emailaddress_changelist": ALL_POWERFUL,
    "account_emailaddress_add": ALL_POWERFUL,
    "account_emailaddress_change": ALL_POWERFUL,
    "account_emailaddress_delete": ALL_POWERFUL,
    "account_emailaddress_history": ALL_POWERFUL,
    # the catalogue
    "places_province_changelist": VIEWER,
    "places_province_add": ADMINISTRATOR,
    "places_province_change": VIEWER,
    "places_province_delete": ADMINISTRATOR,
    "places_province_history": VIEWER,
    "places_landmark_changelist": VIEWER,
    "places_landmark_add": CURATOR,
    "places_landmark_change": VIEWER,
    "places_landmark_delete": ADMINISTRATOR,
    "places_landmark_history": VIEWER,
    "places_landmark_export": VIEWER,
    "places_landmark_import": CURATOR,
    "places_landmark_split": CURATOR,
    # photos
    "places_desk": VIEWER,
    "places_landmarkimage_changelist": VIEWER,
    "places_landmarkimage_add": CONTRIBUTOR,
    "places_landmarkimage_change": VIEWER,
    "places_landmarkimage_delete": NOBODY,
    "places_landmarkimage_history": VIEWER,
    "places_landmarkimage_preview": VIEWER,
    "places_desk_look": VIEWER,
    "places_desk_places": VIEWER,
    "places_desk_history": VIEWER,
    "places_desk_chosen": CURATOR,
    "places_desk_act": CURATOR,
    "places_desk_undo": CURATOR,
    "places_curationevent_changelist": VIEWER,
    "places_curationevent_add": NOBODY,
    "places_curationevent_change": VIEWER,
    "places_curationevent_delete": NOBODY,
    "places_curationevent_history": VIEWER,
    "places_takedownrequest_changelist": CURATOR,
    "places_takedownrequest_add": NOBODY,
    "places_takedownrequest_change": CURATOR,
    "places_takedownrequest_delete": ADMINISTRATOR,
    "places_takedownrequest_history": CURATOR,
    # what the index tells
    "retrieval_wrong_labels": VIEWER,
    "retrieval_suggested_places": VIEWER,
    "retrieval_near_duplicates": VIEWER,
    "retrieval_place_coverage": VIEWER,
    "retrieval_descriptor_changelist": VIEWER,
    "retrieval_descriptor_describe": CURATOR,
    "retrieval_descriptor_add": NOBODY,
    "retrieval_descriptor_change": VIEWER,
    "retrieval_descriptor_delete": ALL_POWERFUL,
    "retrieval_descriptor_history": VIEWER,
    "retrieval_describefailure_changelist": VIEWER,
    "retrieval_describefailure_add": NOBODY,
    "retrieval_describefailure_change": VIEWER,
    "retrieval_describefailure_delete": CURATOR,
    "retrieval_describefailure_history": VIEWER,
    "retrieval_traces": VIEWER,
    "retrieval_trace": VIEWER,
    "retrieval_effect_changelist": VIEWER,
    "retrieval_effect_add": NOBODY,
    "retrieval_effect_change": VIEWER,
    "retrieval_effect_delete": NOBODY,
    "retrieval_effect_history": VIEWER,
    "retrieval_lookalike_changelist": VIEWER,
    "retrieval_lookalike_add": NOBODY,
    "retrieval_lookalike_change": VIEWER,
    "retrieval_lookalike_delete": ADMINISTRATOR,
    "retrieval_lookalike_history": VIEWER,
    # what visitors asked and said
    "retrieval_query_changelist": ADMINISTRATOR,
    "retrieval_query_add": NOBODY,
    "retrieval_query_change": ADMINISTRATOR,
    "retrieval_query_delete": ADMINISTRATOR,
    "retrieval_query_history": ADMINISTRATOR,
    "retrieval_correction_changelist": CURATOR,
    "retrieval_correction_add": NOBODY,
    "retrieval_correction_change": CURATOR,
    "retrieval_correction_delete": ADMINISTRATOR,
    "retrieval_correction_history": CURATOR,
    "retrieval_correction_photo": CURATOR,
    "retrieval_offer_changelist": CURATOR,
    "retrieval_offer_add": NOBODY,
    "retrieval_offer_change": CURATOR,
    "retrieval_offer_delete": NOBODY,
    "retrieval_offer_history": CURATOR,
    "retrieval_offer_photo": CURATOR,
    # measurements and weights
    "retrieval_evaluation_changelist": VIEWER,
    "retrieval_evaluation_add": NOBODY,
    "retrieval_evaluation_change": VIEWER,
    "retrieval_evaluation_delete": ADMINISTRATOR,
    "retrieval_evaluation_history": VIEWER,
    "retrieval_calibration_changelist": VIEWER,
    "retrieval_calibration_add": NOBODY,
    "retrieval_calibration_change": VIEWER,
    "retrieval_calibration_delete": ADMINISTRATOR,
    "retrieval_calibration_history": VIEWER,
    "retrieval_servablecheckpoint_changelist": VIEWER,
    "retrieval_servablecheckpoint_add": NOBODY,
    "retrieval_servablecheckpoint_change": VIEWER,
    "retrieval_servablecheckpoint_delete": ADMINISTRATOR,
    "retrieval_servablecheckpoint_history": VIEWER,
    "retrieval_nightlytuning_changelist": VIEWER,
    "retrieval_nightlytuning_add": NOBODY,  # there is one already
    "retrieval_nightlytuning_change": VIEWER,
    "retrieval_nightlytuning_delete": NOBODY,
    "retrieval_nightlytuning_history": VIEWER,
}
LEAVE = {"login", "logout", "autocomplete", "view_on_site"}  # Django's own, which ask by themselves

# What is done by a form: where it is sent, and the lowest role whose is taken.
FORMS = {
    "places_desk_act": CURATOR,
    "places_desk_undo": CURATOR,
    "places_landmark_import": CURATOR,
    "places_landmark_split": CURATOR,
    "places_landmark_change": CONTRIBUTOR,
    "places_landmarkimage_add": CONTRIBUTOR,
    "places_landmarkimage_change": CURATOR,
    "places_province_change": CURATOR,
    "places_takedownrequest_change": CURATOR,
    "retrieval_wrong_labels": CURATOR,
    "retrieval_suggested_places": CURATOR,
    "retrieval_near_duplicates": CURATOR,
    "retrieval_descriptor_describe": CURATOR,
    "retrieval_lookalike_change": CURATOR,
    "retrieval_nightlytuning_change": ADMINISTRATOR,
    "accounts_user_add": ADMINISTRATOR,
    "accounts_user_change": ADMINISTRATOR,
    "auth_user_password_change": ADMINISTRATOR,
    "accounts_apikey_change": ADMINISTRATOR,
}

# What is done to chosen rows of a list: "app.Model: action".
ACTIONS = {
    "accounts.User: delete_selected": ADMINISTRATOR,
    "accounts.User: end_two_steps": ADMINISTRATOR,
    "accounts.ApiKey: delete_selected": ADMINISTRATOR,
    "accounts.ApiKey: revoke": ADMINISTRATOR,
    "account.EmailAddress: delete_selected": ALL_POWERFUL,
    "account.EmailAddress: make_verified": ALL_POWERFUL,
    "places.Province: delete_selected": ADMINISTRATOR,
    "places.Landmark: delete_selected": ADMINISTRATOR,
    "places.Landmark: merge": CURATOR,
    "places.TakedownRequest: delete_selected": ADMINISTRATOR,
    "places.TakedownRequest: withdraw_and_accept": CURATOR,
    "places.TakedownRequest: accept": CURATOR,
    "places.TakedownRequest: decline": CURATOR,
    "retrieval.Descriptor: delete_selected": ALL_POWERFUL,
    "retrieval.DescribeFailure: delete_selected": CURATOR,
    "retrieval.DescribeFailure: try_again": CURATOR,
    "retrieval.Query: delete_selected": ADMINISTRATOR,
    "retrieval.Correction: delete_selected": ADMINISTRATOR,
    "retrieval.Correction: find_true": CURATOR,
    "retrieval.Correction: find_false": CURATOR,
    "retrieval.Correction: reopen": CURATOR,
    "retrieval.LookAlike: delete_selected": ADMINISTRATOR,
    "retrieval.LookAlike: not_alike": CURATOR,
    "retrieval.Evaluation: delete_selected": ADMINISTRATOR,
    "retrieval.Calibration: delete_selected": ADMINISTRATOR,
    "retrieval.ServableCheckpoint: delete_selected": ADMINISTRATOR,
    "retrieval.ServableCheckpoint: serve": ADMINISTRATOR,
    "retrieval.ServableCheckpoint: go_back": ADMINISTRATOR,
    "retrieval.Offer: accept": CURATOR,
    "retrieval.Offer: settle": CURATOR,
}  # fmt: skip

PEOPLE = ["a visitor", "staff without a role", *Role, ALL_POWERFUL]


def person(who: str) -> User:
    if who == ALL_POWERFUL:
        return CuratorFactory()
    user = UserFactory(is_staff=who != "a visitor")
    if who in Role.values:
        roles.give(user, Role(who), by=None)
    return User.objects.get(pk=user.pk)


def client_of(who: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person(who))
    return client


def may(who: str, lowest: str) -> bool:
    if lowest == NOBODY or who not in PEOPLE[2:]:
        return False
    return lowest in PEOPLE and PEOPLE.index(who) >= PEOPLE.index(lowest)


@pytest.fixture
def rows() -> dict[str, int]:
    """One row of every kind that the desk has pages for, by its model."""
    image = LandmarkImageFactory(published=True)
    other = LandmarkFactory()
    user = UserFactory()
    photo = ContentFile(drawn_photo(1), name="q.jpg")
    query = Query.objects.create(photo=photo, width=640, height=480, method="sir", state="answered")
    made = [
        user,
        EmailAddress.objects.create(user=user, email=user.email),
        keys.issue(user, name="App", scopes=["search"]).key,
        image,
        image.landmark,
        image.landmark.province,
        CurationEvent.objects.create(image=image, verb="publish"),
        TakedownRequest.objects.create(
            key="0" * 32, name="An", email="an@example.org", language="vi", about="x", reason="other",
            explanation="x", image=image,
        ),
        Effect.objects.create(
            landmark=image.landmark, method="m", version="v", asked_before=4, right_before=2, asked_after=5,
            right_after=5,
        ),
        Descriptor.objects.create(image=image, method="sir", version="v", vector=np.ones(3)),
        DescribeFailure.objects.create(image=image, method="sir", version="v", reason="damaged"),
        query,
        Correction.objects.create(query=query, user=user, said="wrong"),
        Offer.objects.create(query=query),
        LookAlike.objects.create(
            first=image.landmark, second=other, confusions=1, photos=2, similarity=0.5, method="m", version="v"
        ),
        Evaluation.objects.create(
            method="sir", checkpoint="v", training_set="x", dataset="d", content_hash="h", images=1, queries=1,
            cropped=False, figures={},
        ),
        Calibration.objects.create(
            method="sir", version="v", curve={}, learned_from="x",
            figures={"false_accepts": 0.1, "true_accepts": 0.9, "calibration_error": 0.1},
        ),
        ServableCheckpoint.objects.create(method="sir", name="v", facts={}),
        NightlyTuning.objects.get_or_create(pk=1)[0],
    ]  # fmt: skip
    return {row._meta.label_lower: row.pk for row in made}


def urls(patterns=None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The name and the route of every page of the desk."""
    for each in admin.site.get_urls() if patterns is None else patterns:
        route = prefix + str(each.pattern)
        if not isinstance(each, URLPattern):
            yield from urls(each.url_patterns, route)
        elif each.name and each.name not in LEAVE:
            yield each.name, route


def address(name: str, route: str, rows: dict[str, int]) -> str:
    if name == "app_list":
        return reverse("admin:app_list", args=["places"])
    app, _slash, rest = route.partition("/")
    model = "places.landmarkimage" if name == "retrieval_trace" else f"{app}.{rest.partition('/')[0]}"
    pk = rows.get(model)
    return reverse(f"admin:{name}", args=[pk] if "<" in route else [])


def test_the_table_has_every_page_of_the_desk():
    assert {name for name, _route in urls()} == PAGES.keys()


@pytest.mark.parametrize("who", PEOPLE)
def test_every_page_opens_to_those_it_is_for_and_to_nobody_else(who, rows):
    client, told = client_of(who), {}
    for name, route in urls():
        status = client.get(address(name, route, rows)).status_code
        if who == "a visitor":
            right = status == 302  # to log in
        elif may(who, PAGES[name]) or (
            who == "staff without a role" and PAGES[name] == VIEWER and _bare(name)
        ):
            right = status in (200, 302)
        else:
            right = status == (404 if name == "app_list" else 403)
        if not right:
            told[name] = status
    assert told == {}


def _bare(name: str) -> bool:
    """What every member of staff has, with or without a role: the frame, with nothing in it."""
    return name in {"index", "search", "password_change", "password_change_done", "jsi18n"}


@pytest.mark.parametrize("who", PEOPLE)
def test_every_form_is_taken_from_those_it_is_for_and_from_nobody_else(who, rows):
    client, routes, told = client_of(who), dict(urls()), {}
    for name, lowest in FORMS.items():
        status = client.post(address(name, routes[name], rows)).status_code
        refused = status == 302 if who == "a visitor" else status == 403
        if refused == may(who, lowest) and not (refused and may(who, lowest) and status == 302):
            told[name] = status
    assert told == {}


@pytest.mark.parametrize("who", PEOPLE)
def test_every_act_on_a_list_is_offered_to_those_it_is_for_and_to_nobody_else(who):
    request = RequestFactory().get("/")
    request.user = person(who)
    offered = {
        f"{model._meta.label}: {name}"
        for model, model_admin in admin.site._registry.items()
        if model_admin.has_view_permission(request)  # who does not see the list is offered nothing
        for name in model_admin.get_actions(request)
    }
    assert offered == {name for name, lowest in ACTIONS.items() if may(who, lowest)}


def test_a_contributor_writes_texts_and_does_not_move_a_place(client):
    landmark = LandmarkFactory(slug="here")
    client.force_login(person(CONTRIBUTOR))
    form = {"description_vi": "Mới", "description_en": "New", "slug": "there", "name_en": "Another"} | {
        f"facts-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    assert client.post(reverse("admin:places_landmark_change", args=[landmark.pk]), form).status_code == 302
    landmark.refresh_from_db()
    assert (landmark.description_vi, landmark.slug) == ("Mới", "here")
    assert landmark.name_en != "Another"


# ---- Roles


def test_each_roles_group_may_what_is_written_and_nothing_else():
    viewer = Group.objects.get(name=VIEWER)
    viewer.permissions.clear()
    Group.objects.get(name=CONTRIBUTOR).permissions.set(
        Group.objects.get(name=ADMINISTRATOR).permissions.all()
    )
    for app in apps.get_app_configs():
        roles.set_up(app, using="default")
    for role in Role:
        held = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
        assert {".".join(each) for each in held} == roles.permissions(role)


def test_each_role_may_all_that_the_one_before_it_may():
    for lower, higher in zip(list(Role), list(Role)[1:], strict=False):
        assert roles.permissions(lower) < roles.permissions(higher)


def test_the_command_gives_a_role_in_place_of_another_and_takes_it_away(capsys):
    user = UserFactory()
    call_command("give_role", user.email.upper(), "administrator")
    call_command("give_role", user.email, "viewer")
    user.refresh_from_db()
    assert (roles.of(user), user.is_staff, user.is_superuser) == (VIEWER, True, False)
    call_command("give_role", user.email, "none")
    user.refresh_from_db()
    assert (roles.of(user), user.is_staff) == (None, False)
    assert capsys.readouterr().out.endswith(f"{user.email}: none\n")
    with pytest.raises(CommandError, match="No account has the address nobody@example.org"):
        call_command("give_role", "nobody@example.org", "viewer")


def form_of(user: User, **changed) -> dict:
    told = {"email": user.email, "language": user.language, "is_active": "on", "role": roles.of(user) or ""}
    return told | {name: value for name, value in changed.items() if value}


def edit(client: Client, user: User, **changed):
    client.post(reverse("admin:accounts_user_change", args=[user.pk]), form_of(user, **changed))
    return User.objects.get(pk=user.pk)


def test_an_administrator_gives_a_role_to_others(client):
    client.force_login(person(ADMINISTRATOR))
    user = edit(client, UserFactory(), role="curator")
    assert (roles.of(user), user.is_staff) == (CURATOR, True)
    user = edit(client, user, role="viewer")
    assert roles.of(user) == VIEWER


def test_nobody_gives_themselves_more(client):
    administrator = person(ADMINISTRATOR)
    client.force_login(administrator)
    changed = edit(
        client, administrator, is_superuser="on", groups="1", user_permissions="1", first_name="An"
    )
    assert (changed.first_name, changed.is_superuser, roles.of(changed)) == ("An", False, ADMINISTRATOR)
    assert not changed.user_permissions.exists()
    with pytest.raises(roles.MayNot, match="vai trò của chính mình"):
        roles.give(administrator, VIEWER, by=administrator)
    with pytest.raises(roles.MayNot):
        roles.give(UserFactory(), CURATOR, by=person(CURATOR))


def test_an_administrator_makes_nobody_all_powerful_and_changes_nobody_who_is(client):
    boss, user = CuratorFactory(password="unchanged"), UserFactory()
    client.force_login(person(ADMINISTRATOR))
    assert not edit(client, user, is_superuser="on").is_superuser
    boss.refresh_from_db()
    before = boss.password
    assert not edit(client, boss, first_name="X", is_active="").first_name
    password = {"password1": "a-long-pass-phrase", "password2": "a-long-pass-phrase", "set-password": "1"}
    answer = client.post(reverse("admin:auth_user_password_change", args=[boss.pk]), password)
    assert answer.status_code == 403
    assert (
        client.post(reverse("admin:accounts_user_delete", args=[boss.pk]), {"post": "yes"}).status_code == 403
    )
    chosen = {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"}
    client.post(reverse("admin:accounts_user_changelist"), chosen)
    boss.refresh_from_db()
    assert boss.password == before
    with pytest.raises(roles.MayNot):
        roles.give(boss, VIEWER, by=person(ADMINISTRATOR))
