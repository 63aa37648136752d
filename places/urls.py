from django.urls import path

from .views import catalogue, collecting, contributing, maps, place, saving, takedowns

app_name = "places"
urlpatterns = [
    path("", catalogue.LandmarkList.as_view(), name="landmarks"),
    path("suggestions/", catalogue.suggestions, name="suggestions"),
    path("map/", maps.show_map, name="map"),
    path("map/places.json", maps.map_places, name="map_places"),
    path("near/", maps.near, name="near"),
    path("collections/", collecting.collections, name="collections"),
    path("collections/<int:pk>/", collecting.collection, name="collection"),
    path("collections/<int:pk>/rename/", collecting.rename, name="collection-rename"),
    path("collections/<int:pk>/delete/", collecting.delete, name="collection-delete"),
    path("collections/<int:pk>/share/", collecting.share, name="collection-share"),
    path("collections/<int:pk>/item/", collecting.change_item, name="collection-item"),
    path("collections/<int:pk>/withdrawn/", collecting.forget_withdrawn, name="collection-withdrawn"),
    path("shared/<uuid:key>/", collecting.shared_collection, name="shared-collection"),
    path("save/", saving.save, name="save"),
    path("keep/", saving.keep, name="keep"),
    path("contribute/", contributing.contribute_unknown, name="contribute-unknown"),
    path("contributions/", contributing.contributions, name="contributions"),
    path("contributions/<int:pk>/", contributing.contribution, name="contribution"),
    path("contributions/<int:pk>/photo/", contributing.preview, name="contribution-photo"),
    path("contributions/<int:pk>/withdraw/", contributing.withdraw, name="contribution-withdraw"),
    path("photos/<int:pk>/", contributing.photo, name="photo"),
    path("takedown/", takedowns.takedown, name="takedown"),
    path("takedown/sent/", takedowns.takedown_sent, name="takedown-sent"),
    path("<slug:slug>/", place.landmark, name="landmark"),
    path("<slug:slug>/contribute/", contributing.contribute, name="contribute"),
]
