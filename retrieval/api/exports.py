"""The API's door to the dataset as a whole: ask for an archive, see how far it is, fetch it."""

from __future__ import annotations

from django.http import FileResponse, Http404
from django.utils.cache import patch_cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from places.models import DatasetExport
from retrieval import dataset, tasks
from retrieval.serializers.exports import ExportSerializer


class MayExport(BasePermission):
    """Whoever's role lets them see and ask for exports; a key needs the scope besides."""

    def has_permission(self, request: Request, view) -> bool:
        act = "add" if request.method == "POST" else "view"
        if request.user.is_authenticated and not request.user.has_perm(f"places.{act}_datasetexport"):
            raise PermissionDenied(code="role_missing")
        return request.user.is_authenticated


class ZipRenderer(BaseRenderer):
    """For negotiation alone: the archive itself is sent as it lies in the store."""

    media_type, format, render_style = "application/zip", "zip", "binary"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        raise TypeError("an archive is sent, not rendered")


@extend_schema_view(
    list=extend_schema(summary="Archives, the newest first"),
    retrieve=extend_schema(summary="How far an archive is"),
)
class ExportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The dataset as an archive: published photos that may be passed on, landmarks, licences, splits, and a Croissant
    description. Made when it is asked for; the newest ones are kept."""

    required_scope = "export"
    needs_key = True
    permission_classes = [*api_settings.DEFAULT_PERMISSION_CLASSES, MayExport]
    queryset = DatasetExport.objects.all()
    serializer_class = ExportSerializer
    filter_backends: list = []
    lookup_value_regex = "[0-9a-f-]{36}"

    @extend_schema(
        request=None,
        responses={
            200: OpenApiResponse(ExportSerializer, "Nothing has changed since this one was made."),
            202: OpenApiResponse(ExportSerializer, "It is being made; ask at Location how far it is."),
        },
    )
    def create(self, request: Request):
        """Ask for an archive of the dataset as it is now."""
        export = dataset.ask(request.user)
        told = self.get_serializer(export).data
        if export.state == DatasetExport.State.READY:
            return Response(told)
        tasks.make_exports_soon()
        return Response(told, status=status.HTTP_202_ACCEPTED, headers={"Location": told["url"]})

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, renderer_classes=[ZipRenderer, *api_settings.DEFAULT_RENDERER_CLASSES])
    def file(self, request: Request, pk: str):
        """Fetch an archive that is ready."""
        export = self.get_object()
        if not export.file:
            raise Http404
        try:
            archive = export.file.open("rb")
        except FileNotFoundError:
            raise Http404 from None
        response = FileResponse(
            archive, as_attachment=True, filename="vietnam-tourism.zip", content_type="application/zip"
        )
        patch_cache_control(response, private=True, no_store=True)
        return response
