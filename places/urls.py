from django.urls import path

from . import map_views, views

app_name = "places"
urlpatterns = [
    path("", views.LandmarkList.as_view(), name="landmarks"),
    path("map/", map_views.show_map, name="map"),
    path("map/places.json", map_views.map_places, name="map_places"),
    path("near/", map_views.near, name="near"),
    path("<slug:slug>/", views.LandmarkDetail.as_view(), name="landmark"),
]
