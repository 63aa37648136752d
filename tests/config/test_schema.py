"""The API's description: valid, whole, English, and drawn on pages that obey the site's own policy."""

import re

import pytest
from django.core.management import call_command
from django.utils import translation

from config import problems

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def described() -> dict:
    from config.schema import EnglishGenerator

    return EnglishGenerator().get_schema(public=True)


def operations(described: dict) -> list[tuple[str, str, dict]]:
    return [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_description_is_valid_and_warns_of_nothing(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))
    assert (tmp_path / "schema.yml").read_text().startswith("openapi: 3.1.0")


def test_every_operation_says_what_it_is_and_belongs_to_a_part_that_is_described(described):
    tags = {tag["name"] for tag in described["tags"]}
    for path, method, operation in operations(described):
        assert operation["summary"], (path, method)
        assert operation["description"], (path, method)
        assert set(operation["tags"]) <= tags, (path, method)
    assert len({operation["operationId"] for *_path, operation in operations(described)}) == len(
        operations(described)
    )


def test_every_operation_names_what_it_may_refuse_with(described):
    for path, method, operation in operations(described):
        named = {status for status in operation["responses"] if status >= "400"}
        expected = {"400", "405", "406", "413", "414", "429", "503"}
        expected |= {"404"} if "{" in path else set()
        expected |= {"415"} if method in {"post", "put", "patch"} else set()
        expected |= set() if "/problems/" in path else {"401", "403"}
        assert named >= expected, (path, method)
        for status in expected:
            assert operation["responses"][status] == {"$ref": f"#/components/responses/Problem{status}"}


def test_every_answer_that_is_referred_to_is_there_with_its_codes(described):
    answers = described["components"]["responses"]
    for problem in problems.TABLE:
        answer = answers[f"Problem{problem.status}"]
        assert f"`{problem.code}`" in answer["description"]
        of_the_server = (
            ["text/html"] if problem.status == 414 else []
        )  # which reads no longer line to the API
        assert list(answer["content"]) == ["application/problem+json", *of_the_server]
    assert set(described["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) == set(
        problems.PROBLEMS
    )


def test_what_saves_reading_and_what_moved_are_named(described):
    paths = described["paths"]
    assert "304" in paths["/api/v1/landmarks/"]["get"]["responses"]
    assert {"301", "304"} <= set(paths["/api/v1/landmarks/{slug}/"]["get"]["responses"])
    assert "410" in paths["/api/v1/changes/"]["get"]["responses"]


def test_the_description_is_english_whoever_asks(client):
    for language in ("vi", "en"):
        content = client.get("/api/v1/schema/", headers={"accept-language": language}).content.decode()
        assert "There is nothing at this address" in content
        assert "unique integer value identifying this lần" not in content
    with translation.override("vi"):
        said = {str(problem.title) for problem in problems.TABLE}
    assert not [title for title in said if title in content]


def test_the_description_may_be_kept_for_a_while(client):
    assert "max-age=300" in client.get("/api/v1/schema/")["Cache-Control"]


@pytest.mark.parametrize("page", ["docs", "redoc"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_its_pages_take_everything_from_here_and_run_nothing_of_their_own(client, page, language):
    response = client.get(f"/api/v1/{page}/?lang={language}")
    content = response.content.decode()
    assert f'<html lang="{language}">' in content
    assert 'data-schema="/api/v1/schema/"' in content
    assert "<style" not in content
    assert " style=" not in content
    assert content.count("<script") == content.count("<script src=")
    assert not re.search(r'(?:src|href)="(?:https?:)?//', content)
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert ("worker-src 'self' blob:" in policy) == (page == "redoc")


def test_an_answer_of_changes_is_one_object_whose_records_may_be_gone(described):
    answer = described["paths"]["/api/v1/changes/"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Changes"}
    for kind, field in (
        ("Change", "record"),
        ("Landmark", "province"),
        ("LandmarkDetail", "former_province"),
    ):
        assert {"type": "null"} in described["components"]["schemas"][kind]["properties"][field]["oneOf"]


def test_what_is_one_thing_or_nothing_is_described_so(described):
    answers = described["paths"]["/api/v1/changes/"]["get"]["responses"]["200"]["content"]
    assert answers["application/json"]["schema"] == {"$ref": "#/components/schemas/Changes"}
    schemas = described["components"]["schemas"]
    for name, field in (("Query", "province"), ("Method", "verifier")):
        assert schemas[name]["properties"][field]["type"] == ["string", "null"]
