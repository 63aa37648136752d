from django.urls import path

from . import place_page, views

app_name = "places"
urlpatterns = [
    path("", views.LandmarkList.as_view(), name="landmarks"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("<slug:slug>/", place_page.landmark, name="landmark"),
]
