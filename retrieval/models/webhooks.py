"""Whom to tell that a search is done, and how far that has come."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .batches import Batch
from .queries import Query


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def due(self) -> "WebhookQuerySet":
        """Those to be delivered now: what they wait for is done, and their pause after a failure is over."""
        return self.filter(state=Webhook.State.WAITING, due_at__lte=Now())

    def not_queued_since(self, at: Combinable | datetime) -> "WebhookQuerySet":
        return self.filter(Q(queued_at=None) | Q(queued_at__lt=at))


class Webhook(models.Model):
    """An address that is told once when a search or a batch is done, and again until it says that it heard."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        GIVEN_UP = "given_up", _("Given up")

    class Reason(models.TextChoices):
        """Why the last attempt failed."""

        UNREACHABLE = "unreachable", _("The address could not be reached.")
        NOT_PUBLIC = "not_public", _("The address lies inside a network; only public ones are told.")
        NOT_ACCEPTED = "not_accepted", _("The receiver did not answer with a status of 200 to 299.")
        GONE = "gone", _("The receiver answered that it is gone for good (410).")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    query = models.OneToOneField(Query, models.CASCADE, null=True, related_name="webhook")
    batch = models.OneToOneField(Batch, models.CASCADE, null=True, related_name="webhook")
    url = models.CharField(_("address"), max_length=500)
    secret = models.CharField(max_length=200, help_text="That its messages are signed with.")
    site = models.CharField(
        max_length=200, help_text="The platform's address as its caller knows it, for those in the message."
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, help_text="Empty until what it waits for is done.")
    queued_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="That the receiver answered last.")
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("webhook"), _("webhooks")
        constraints = [
            models.CheckConstraint(
                name="a_webhook_waits_for_one_thing",
                condition=Q(query=None, batch__isnull=False) | Q(query__isnull=False, batch=None),
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="due_webhooks", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.url} ({self.state})"
