"""Where each code of a problem is explained: to people as a page, to programs as JSON, both in their language."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import render
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer, TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from . import problems


class ProblemKindSerializer(serializers.Serializer):
    """A kind of problem."""

    type = serializers.SerializerMethodField(help_text="Where it is explained; the `type` of its problems.")
    code = serializers.CharField(help_text="Stays as it is.")
    status = serializers.IntegerField(help_text="The status that it comes with.")
    title = serializers.CharField()
    about = serializers.CharField(help_text="What has happened, and what you can do.")

    def get_type(self, problem: problems.Problem) -> str:
        return problems.address(self.context["request"], problem.code)


class ProblemView(APIView):
    """Anyone may read it, also whose key is not accepted, or who has asked too much."""

    authentication_classes: list = []
    permission_classes: list = []
    throttle_classes: list = []
    metadata_class = None  # there is no page of it
    renderer_classes = [JSONRenderer, TemplateHTMLRenderer]

    def answer(self, request: Request, template: str, told: object, **context):
        if request.accepted_renderer.format == "html":
            return render(request._request, template, context)
        return Response(told)

    def told(self, kinds, *, many: bool = False) -> object:
        return ProblemKindSerializer(kinds, many=many, context={"request": self.request}).data


class ProblemsView(ProblemView):
    @extend_schema(
        operation_id="problems_list", responses=ProblemKindSerializer(many=True), tags=["problems"]
    )
    def get(self, request: Request):
        """All kinds of problems that this API may answer with."""
        return self.answer(
            request, "problems/all.html", self.told(problems.TABLE, many=True), problems=problems.TABLE
        )


class OneProblemView(ProblemView):
    @extend_schema(
        operation_id="problems_retrieve",
        responses=ProblemKindSerializer,
        parameters=[OpenApiParameter("code", str, OpenApiParameter.PATH, enum=list(problems.PROBLEMS))],
        tags=["problems"],
    )
    def get(self, request: Request, code: str):
        """What a code means, and what to do."""
        problem = problems.PROBLEMS.get(code)
        if problem is None:
            raise Http404
        return self.answer(request, "problems/one.html", self.told(problem), problem=problem)
