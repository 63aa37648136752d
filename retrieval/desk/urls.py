"""The addresses of these pages, in the admin's namespace."""

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from . import near_duplicates, place_coverage, suggested_places, traces, wrong_labels


def pages(site: AdminSite) -> list[URLPattern]:
    return [
        path("wrong-labels/", site.admin_view(wrong_labels.page), name="retrieval_wrong_labels"),
        path("suggested-places/", site.admin_view(suggested_places.page), name="retrieval_suggested_places"),
        path("near-duplicates/", site.admin_view(near_duplicates.page), name="retrieval_near_duplicates"),
        path("place-coverage/", site.admin_view(place_coverage.page), name="retrieval_place_coverage"),
        path("traces/", site.admin_view(traces.page), name="retrieval_traces"),
        path("traces/<int:pk>/", site.admin_view(traces.proof), name="retrieval_trace"),
    ]
