from django.urls import path

from .views import answers, asking, comparing, history, lookalikes, methods, photos, similar, status

app_name = "retrieval"
urlpatterns = [
    path("", asking.home, name="home"),
    path("similar/<int:image_id>/", similar.similar, name="similar"),
    path("similar/<int:image_id>/photos/", similar.photos_like, name="similar-photos"),
    path("status/", status.status, name="status"),
    path("methods/", methods.about_methods, name="methods"),
    path("lookalikes/<slug:slug>/", lookalikes.lookalikes_of, name="lookalikes-of"),
    path("searches/", history.history, name="history"),
    path("searches/new/", asking.ask, name="ask"),
    path("searches/delete/", history.history_delete, name="history-delete"),
    path("searches/export/", history.history_export, name="history-export"),
    path("searches/private/", history.private_mode, name="private-mode"),
    path("searches/<uuid:pk>/", answers.query, name="query"),
    path("searches/<uuid:pk>/progress/", answers.query_progress, name="query-progress"),
    path("searches/<uuid:pk>/photo/", photos.query_photo, name="query-photo"),
    path("searches/<uuid:pk>/thumbnail/", photos.query_thumbnail, name="query-thumbnail"),
    path("searches/<uuid:pk>/hits/<int:rank>/", answers.hit, name="hit"),
    path("searches/<uuid:pk>/again/", answers.query_again, name="query-again"),
    path("searches/<uuid:pk>/compare/", comparing.query_compare, name="query-compare"),
    path(
        "searches/<uuid:pk>/compare/progress/",
        comparing.query_compare_progress,
        name="query-compare-progress",
    ),
    path("searches/<uuid:pk>/share/", history.query_share, name="query-share"),
    path("searches/<uuid:pk>/correction/", answers.query_correct, name="query-correct"),
    path("searches/<uuid:pk>/correction/delete/", answers.query_uncorrect, name="query-uncorrect"),
    path("searches/<uuid:pk>/offer/", answers.query_offer, name="query-offer"),
    path("searches/<uuid:pk>/offer/delete/", answers.query_unoffer, name="query-unoffer"),
    path("searches/<uuid:pk>/star/", history.query_star, name="query-star"),
    path("searches/<uuid:pk>/title/", history.query_title, name="query-title"),
    path("searches/<uuid:pk>/repeat/", history.query_repeat, name="query-repeat"),
    path("searches/<uuid:pk>/delete/", history.query_delete, name="query-delete"),
]
