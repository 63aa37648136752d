from django.urls import path

from . import key_views, views

app_name = "accounts"
urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("profile/delete/", views.delete, name="delete"),
    path("keys/", key_views.keys, name="keys"),
    path("keys/new/", key_views.make, name="key-make"),
    path("keys/export/", key_views.export, name="keys-export"),
    path("keys/<int:pk>/name/", key_views.rename, name="key-rename"),
    path("keys/<int:pk>/revoke/", key_views.revoke, name="key-revoke"),
]
