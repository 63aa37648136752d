"""The API's addresses, under /api/v1/."""

from django.urls import path
from rest_framework.routers import DefaultRouter

from places.api import (
    CategoryViewSet,
    ChangesViewSet,
    LandmarkImageViewSet,
    LandmarkViewSet,
    ProvinceViewSet,
)
from places.contributing_api import ContributionViewSet
from retrieval.api import BatchViewSet, EvaluationViewSet, ExportViewSet, MethodViewSet, SearchViewSet

from .problem_pages import OneProblemView, ProblemsView
from .reference import RedocView, SchemaView, SwaggerView

app_name = "api"

router = DefaultRouter()
router.register("searches", SearchViewSet, "search")
router.register("batches", BatchViewSet, "batch")
router.register("landmarks", LandmarkViewSet, "landmark")
router.register("images", LandmarkImageViewSet, "image")
router.register("provinces", ProvinceViewSet, "province")
router.register("categories", CategoryViewSet, "category")
router.register("changes", ChangesViewSet, "change")
router.register("contributions", ContributionViewSet, "contribution")
router.register("exports", ExportViewSet, "export")
router.register("methods", MethodViewSet, "method")
router.register("evaluations", EvaluationViewSet, "evaluation")

urlpatterns = [
    *router.urls,
    path("problems/", ProblemsView.as_view(), name="problems"),
    path("problems/<slug:code>/", OneProblemView.as_view(), name="problem"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", SwaggerView.as_view(), name="docs"),
    path("redoc/", RedocView.as_view(), name="redoc"),
]
