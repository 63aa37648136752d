"""The API's addresses, under /api/v1/."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView
from rest_framework.routers import DefaultRouter

from places.api import (
    CategoryViewSet,
    ChangesViewSet,
    LandmarkImageViewSet,
    LandmarkViewSet,
    ProvinceViewSet,
)
from retrieval.api import EvaluationViewSet, MethodViewSet, SearchViewSet

from .problem_pages import OneProblemView, ProblemsView

app_name = "api"

router = DefaultRouter()
router.register("searches", SearchViewSet, "search")
router.register("landmarks", LandmarkViewSet, "landmark")
router.register("images", LandmarkImageViewSet, "image")
router.register("provinces", ProvinceViewSet, "province")
router.register("categories", CategoryViewSet, "category")
router.register("changes", ChangesViewSet, "change")
router.register("methods", MethodViewSet, "method")
router.register("evaluations", EvaluationViewSet, "evaluation")

urlpatterns = [
    *router.urls,
    path("problems/", ProblemsView.as_view(), name="problems"),
    path("problems/<slug:code>/", OneProblemView.as_view(), name="problem"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api:schema"), name="docs"),
    path("redoc/", SpectacularRedocView.as_view(url_name="api:schema"), name="redoc"),
]
