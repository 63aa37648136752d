from django.urls import path

from . import map_views, place_page, views

app_name = "places"
urlpatterns = [
    path("", views.LandmarkList.as_view(), name="landmarks"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("map/", map_views.show_map, name="map"),
    path("map/places.json", map_views.map_places, name="map_places"),
    path("near/", map_views.near, name="near"),
    path("<slug:slug>/", place_page.landmark, name="landmark"),
]
