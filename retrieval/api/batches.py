"""Many photos at once."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.reverse import reverse

from retrieval import asking, batches, signed_addresses
from retrieval.models import Batch, Query
from retrieval.serializers import AskBatchSerializer, BatchSerializer, too_many_in_a_batch

from . import examples
from .asking import IDEMPOTENCY_KEY, Asks

RETRY_AFTER = 5  # seconds


class BatchViewSet(Asks, viewsets.GenericViewSet):
    """Batches: a search for each of up to a hundred photos, and one address that tells how far they are."""

    queryset = Batch.objects.all()
    serializer_class = BatchSerializer
    too_many_photos = staticmethod(too_many_in_a_batch)
    needs_key = True  # or an account
    tells_secret = False

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": AskBatchSerializer, "application/json": AskBatchSerializer},
        responses={
            202: OpenApiResponse(BatchSerializer, "Kept and queued; its address is in Location and url."),
            422: OpenApiResponse(description="The Idempotency-Key was sent with another question before."),
        },
        examples=examples.OF_BATCHES,
    )
    def create(self, request):
        """Ask which place each of many photos shows. They are answered behind what visitors wait for.

        A photo that cannot be used is refused by itself, with the reason; where none can be used, nothing is kept.
        """
        question, _how = self.checked(AskBatchSerializer)
        try:
            batch = asking.ask_batch(**question, user=request.user)
        except batches.AllRefused as error:
            reasons = [
                _("Photo {number}: {reason}").format(number=number, reason=reason)
                for number, reason in enumerate(error.refusals, start=1)
            ]
            raise ValidationError({"photos": reasons}, code="no_usable_photo") from error
        self.tells_secret = True
        return self._answer(batch)

    @extend_schema(
        responses={
            200: OpenApiResponse(BatchSerializer, "Every photo is answered, failed or refused."),
            202: OpenApiResponse(BatchSerializer, "Some wait still; Retry-After says when to ask again."),
        },
    )
    def retrieve(self, request, pk: str):
        """How far a batch is, and what is answered so far: 202 while it runs, 200 once it is finished."""
        return self._answer(self._own(request, pk))

    @extend_schema(responses={204: OpenApiResponse(description="Ended, and gone with all its searches.")})
    def destroy(self, request, pk: str):
        """End a batch: what waits is not answered any more, and all its searches are deleted with their photos."""
        batches.delete(self._own(request, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_serializer_context(self) -> dict:
        return super().get_serializer_context() | {
            "address_of": self._address_of,
            "address_of_batch": self._address_of_batch,
            "tells_secret": self.tells_secret,
        }

    def _answer(self, batch: Batch) -> Response:
        whole = get_object_or_404(Batch.objects.with_progress().with_answers(), pk=batch.pk)
        headers = {"Location": self._address_of_batch(whole)}
        if whole.finished_at:
            return Response(self.get_serializer(whole).data, headers=headers)
        headers["Retry-After"] = str(RETRY_AFTER)
        return Response(self.get_serializer(whole).data, status=status.HTTP_202_ACCEPTED, headers=headers)

    def _own(self, request, pk: str) -> Batch:
        return get_object_or_404(self.get_queryset().filter(user=request.user), pk=pk)

    def _address_of(self, query: Query) -> str:
        return self.request.build_absolute_uri(signed_addresses.path_of(query.pk))

    def _address_of_batch(self, batch: Batch) -> str:
        return reverse("api:batch-detail", [batch.pk], request=self.request)
