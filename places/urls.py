from django.urls import path

from .views import exploring

app_name = "places"
urlpatterns = [
    path("", exploring.LandmarkList.as_view(), name="landmarks"),
    path("<slug:slug>/", exploring.LandmarkDetail.as_view(), name="landmark"),
]
