"""Every refusal of the API is a problem of RFC 9457, in the reader's language, with a code that is explained."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from django.db import OperationalError
from django.http import Http404, HttpResponseGone
from django.test import Client, RequestFactory
from django.urls import get_resolver, path
from django.utils import translation
from rest_framework import exceptions, serializers
from rest_framework import fields as rest_fields
from rest_framework.decorators import api_view
from rest_framework.response import Response

from config import problems
from config import urls as site
from places.api import LandmarkViewSet
from retrieval.api import SearchViewSet

pytestmark = pytest.mark.django_db
MEMBERS = {"type", "title", "status", "detail", "code", "instance"}


class Tired(exceptions.APIException):
    status_code = 418
    default_code = "tired"
    default_detail = "I am a teapot."


class Full(exceptions.Throttled):
    default_code = "throttled"
    extra = {"limit": 100, "status": 200}
    headers = {"X-Limit": "100"}


class QuestionSerializer(serializers.Serializer):
    class BoxSerializer(serializers.Serializer):
        left = serializers.FloatField()

    name = serializers.CharField(max_length=3)
    boxes = BoxSerializer(many=True)
    numbers = serializers.ListField(child=serializers.IntegerField())

    def validate(self, said):
        raise serializers.ValidationError("The whole is wrong.", code="whole")


ERRORS = {
    "missing": Http404("No Landmark matches the given query."),
    "tired": Tired(),
    "full": Full(wait=7),
    "broken": ZeroDivisionError(),
    "away": OperationalError("connection refused"),
    "closed": exceptions.PermissionDenied("Your key lacks the scope “export”."),
}


@api_view(["GET", "POST"])
def raising(request, name: str):
    if name == "question":
        QuestionSerializer(data=request.data).is_valid(raise_exception=True)
    if name in ERRORS:
        raise ERRORS[name]
    return Response({})


urlpatterns = [
    path("api/v1/raising/<name>/", raising),
    path("api/v1/unspoken/", lambda _request: HttpResponseGone()),
    *site.urlpatterns,
]
raises = pytest.mark.urls(__name__)


@pytest.fixture
def client():
    return Client(raise_request_exception=False, headers={"accept-language": "en"})


def problem_of(response) -> dict:
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) >= MEMBERS
    assert body["status"] == response.status_code
    return body


@pytest.mark.parametrize(
    ("ask", "status", "code"),
    [
        (lambda client: client.get("/api/v1/nowhere/"), 404, "not_found"),
        (lambda client: client.get("/api/nowhere"), 404, "not_found"),
        (lambda client: client.get("/api/v1/landmarks/atlantis/"), 404, "not_found"),
        (lambda client: client.put("/api/v1/landmarks/"), 405, "method_not_allowed"),
        (lambda client: client.get("/api/v1/landmarks/", headers={"accept": "image/png"}), 406, "not_acceptable"),
        (lambda client: client.get("/api/v1/schema/", headers={"accept": "image/png"}), 406, "not_acceptable"),
        (lambda client: client.post("/api/v1/searches/", "{", content_type="application/json"), 400, "parse_error"),
        (lambda client: client.post("/api/v1/searches/", {}), 400, "invalid"),
        (lambda client: client.post("/api/v1/searches/", "a", content_type="text/csv"), 415, "unsupported_media_type"),
        (lambda client: client.get("/api/v1/landmarks/?q=%00"), 400, "bad_request"),
        (lambda client: client.get("/api/v1/landmarks/a%00b/"), 400, "bad_request"),
        (lambda client: client.post("/api/v1/searches/", CONTENT_LENGTH=str(2**40)), 413, "too_large"),
        (lambda client: client.get(f"/api/v1/landmarks/?q={'a' * 4000}"), 414, "address_too_long"),
        (lambda client: client.get(f"/api/v1/landmarks/{'a' * 4000}/"), 414, "address_too_long"),
    ],
)  # fmt: skip
def test_a_refusal_is_a_problem_wherever_it_comes_from(client, ask, status, code):
    response = ask(client)
    body = problem_of(response)
    assert (response.status_code, body["code"]) == (status, code)
    assert body["type"] == f"http://testserver/api/v1/problems/{code}/"
    assert body["instance"].startswith("/api/")
    assert int(response.get("Content-Length", len(response.content))) == len(response.content)


@raises
@pytest.mark.parametrize(
    ("name", "status", "code", "detail"),
    [
        ("missing", 404, "not_found", "It never existed"),
        ("tired", 418, "bad_request", "I am a teapot."),
        ("full", 429, "throttled", "Retry-After says"),
        ("broken", 500, "server_error", "The fault is ours"),
        ("away", 503, "unavailable", "being restarted"),
        ("closed", 403, "permission_denied", "lacks the scope “export”"),
    ],
)
def test_what_a_view_raises_is_told_with_its_own_words(client, name, status, code, detail):
    response = client.get(f"/api/v1/raising/{name}/")
    body = problem_of(response)
    assert (response.status_code, body["code"]) == (status, code)
    assert detail in body["detail"]
    assert "Landmark matches" not in response.content.decode()


@raises
def test_a_limit_says_when_to_come_back_and_what_it_is(client):
    response = client.get("/api/v1/raising/full/")
    assert (response["Retry-After"], response["X-Limit"]) == ("7", "100")
    assert response.json()["limit"] == 100
    assert response.json()["status"] == 429  # no further member takes the place of one of the standard's


@raises
def test_each_field_that_is_wrong_is_named_with_its_own_code(client):
    said = {"name": "far too long", "boxes": [{"left": 1}, {"left": "a"}], "numbers": [1, "b"]}
    response = client.post("/api/v1/raising/question/", said, content_type="application/json")
    body = problem_of(response)
    assert body["code"] == "invalid"
    assert [(error["field"], error["code"]) for error in body["errors"]] == [
        ("name", "max_length"),
        ("boxes.1.left", "invalid"),
        ("numbers.1", "invalid"),
    ]
    assert "name: Ensure this field has no more than 3 characters." in body["detail"]
    said = {"name": "abc", "boxes": [], "numbers": []}
    response = client.post("/api/v1/raising/question/", said, content_type="application/json")
    assert response.json()["errors"] == [{"field": "", "code": "whole", "detail": "The whole is wrong."}]
    assert response.json()["detail"] == "The whole is wrong."


@raises
def test_a_browser_without_its_token_is_told_so(django_user_model):
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    client.force_login(django_user_model.objects.create(email="an@example.org"))
    body = problem_of(client.post("/api/v1/raising/none/"))
    assert body["code"] == "csrf_failed"
    assert "CSRF Failed" not in body["detail"]


@raises
def test_what_is_refused_without_a_word_is_a_problem_too(client):
    assert problem_of(client.get("/api/v1/unspoken/"))["code"] == "gone"


def test_a_host_that_is_not_ours_is_told_so_without_leading_there(client, settings):
    settings.ALLOWED_HOSTS = ["vietnam.example"]
    response = client.get("/api/v1/landmarks/", headers={"host": "elsewhere.example"})
    body = problem_of(response)
    assert (response.status_code, body["code"]) == (400, "bad_host")
    assert body["type"] == "/api/v1/problems/bad_host/"


def test_what_is_too_large_for_one_request_is_413_also_where_a_view_notices():
    request = RequestFactory().post("/api/v1/searches/")
    for error in problems.SENT_TOO_MUCH:
        assert problems.handle(error(), {"request": request}).status_code == 413


@pytest.mark.parametrize("address", ["/api/v1/nowhere/", "/api/v1/landmarks/?kind=volcano"])
def test_problems_are_told_in_the_readers_language(address):
    said = {}
    for language in ("vi", "en"):
        response = Client().get(address, headers={"accept-language": language})
        assert response["Content-Language"] == language
        said[language] = problem_of(response)
    for member in ("title", "detail"):
        assert said["vi"][member] != said["en"][member]
    assert said["vi"]["code"] == said["en"]["code"]


def test_pages_for_people_stay_pages(client):
    assert client.get("/nowhere/")["Content-Type"].startswith("text/html")


# The codes


def test_each_code_is_explained_to_programs_and_to_people_in_both_languages(client):
    listed = client.get("/api/v1/problems/").json()
    assert [one["code"] for one in listed] == list(problems.PROBLEMS)
    for one in listed:
        assert client.get(one["type"]).json() == one
        for language, other in (("vi", "en"), ("en", "vi")):
            asked = {"accept": "text/html,*/*;q=0.8", "accept-language": language}
            page = client.get(one["type"], headers=asked)
            assert page["Content-Type"].startswith("text/html")
            content = page.content.decode()
            assert f'<html lang="{language}">' in content
            assert one["code"] in content
            assert content.count("<h1>") == 1
            assert f'href="/api/v1/problems/{one["code"]}/?lang={other}"' in content


@pytest.mark.parametrize("language", ["vi", "en"])
def test_all_codes_are_on_one_page(client, language):
    content = client.get(
        "/api/v1/problems/?lang=" + language, headers={"accept": "text/html"}
    ).content.decode()
    assert f'<html lang="{language}">' in content
    for code in problems.PROBLEMS:
        assert f'href="/api/v1/problems/{code}/?lang={language}"' in content


def test_an_unknown_code_is_not_found(client):
    assert problem_of(client.get("/api/v1/problems/bad_mood/"))["code"] == "not_found"


def test_a_code_is_explained_also_to_whose_key_is_not_accepted(client):
    response = client.get(
        "/api/v1/problems/authentication_failed/", headers={"authorization": "Bearer wrong"}
    )
    assert response.status_code == 200


def test_what_the_rooms_raise_has_a_code_of_the_table():
    get_resolver().url_patterns  # noqa: B018  loads every door
    assert LandmarkViewSet, SearchViewSet
    for kind in subclasses(exceptions.APIException):
        if kind.__module__.split(".")[0] in {"accounts", "config", "places", "retrieval"}:
            problem = problems.PROBLEMS[kind.default_code]
            assert problem.status == kind.status_code, kind


def subclasses(kind: type) -> set[type]:
    return {kind}.union(*map(subclasses, kind.__subclasses__()))


# Words


@pytest.mark.parametrize("module", [rest_fields, exceptions, serializers], ids=lambda module: module.__name__)
def test_what_rest_framework_says_of_fields_is_vietnamese_too(module):
    """Those of the fields that this API has; it brings hardly any Vietnamese itself."""
    never = re.compile(
        r"IP|slug|biginteger|path choice|timezone|days must|invalid for the|Expected available|throttled|Unicode"
    )
    with translation.override("vi"):
        for sentence in said_by(Path(inspect.getfile(module))):
            if not never.search(sentence):
                assert translation.gettext(sentence) != sentence


def said_by(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "_" and isinstance(call.args[0], ast.Constant)
    }


def test_titles_are_short_and_what_they_are_about_is_whole_sentences():
    for language in ("vi", "en"):
        with translation.override(language):
            for problem in problems.TABLE:
                assert len(str(problem.title)) <= 60
                assert str(problem.about).endswith(".")
