from django.urls import path

from . import views

app_name = "places"
urlpatterns = [
    path("", views.LandmarkList.as_view(), name="landmarks"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("<slug:slug>/", views.LandmarkDetail.as_view(), name="landmark"),
]
