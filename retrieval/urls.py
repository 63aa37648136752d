from django.urls import path

from . import views

app_name = "retrieval"
urlpatterns = [
    path("", views.home, name="home"),
    path("methods/", views.about_methods, name="methods"),
    path("searches/", views.history, name="history"),
    path("searches/new/", views.ask, name="ask"),
    path("searches/delete/", views.history_delete, name="history-delete"),
    path("searches/<uuid:pk>/", views.query, name="query"),
    path("searches/<uuid:pk>/progress/", views.query_progress, name="query-progress"),
    path("searches/<uuid:pk>/photo/", views.query_photo, name="query-photo"),
    path("searches/<uuid:pk>/thumbnail/", views.query_thumbnail, name="query-thumbnail"),
    path("searches/<uuid:pk>/hits/<int:rank>/", views.hit, name="hit"),
    path("searches/<uuid:pk>/again/", views.query_again, name="query-again"),
    path("searches/<uuid:pk>/compare/", views.query_compare, name="query-compare"),
    path("searches/<uuid:pk>/compare/progress/", views.query_compare_progress, name="query-compare-progress"),
    path("searches/<uuid:pk>/share/", views.query_share, name="query-share"),
    path("searches/<uuid:pk>/correction/", views.query_correct, name="query-correct"),
    path("searches/<uuid:pk>/correction/delete/", views.query_uncorrect, name="query-uncorrect"),
    path("searches/<uuid:pk>/delete/", views.query_delete, name="query-delete"),
]
