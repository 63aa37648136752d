"""What people ask to be taken down or put right."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .catalogue import Landmark
from .images import LandmarkImage


class TakedownRequestQuerySet(models.QuerySet["TakedownRequest"]):
    def open(self) -> "TakedownRequestQuerySet":
        """Those that a curator has yet to decide on."""
        return self.filter(state=TakedownRequest.State.OPEN)


class TakedownRequest(models.Model):
    """Somebody's wish that a photo be withdrawn, or that what is said of a photo or place be put right."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    class Reason(models.TextChoices):
        NOT_PERMITTED = "not_permitted", _("It is my work, and I have not permitted its use")
        WRONG_CREDIT = "wrong_credit", _("The author or the licence named is wrong")
        SHOWS_ME = "shows_me", _("It shows me or somebody I speak for")
        PRIVATE = "private", _("It shows something private")
        OTHER = "other", _("Another reason")

    key = models.UUIDField(unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail address"))
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    about = models.CharField(_("photo or place"), max_length=500)
    image = models.ForeignKey(
        LandmarkImage, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("photo")
    )
    landmark = models.ForeignKey(
        Landmark, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("landmark")
    )
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    explanation = models.TextField(_("explanation"), max_length=5000)
    at = models.DateTimeField(_("sent"), auto_now_add=True)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    answer = models.TextField(_("answer to the sender"), max_length=2000, blank=True)
    note = models.TextField(_("curators' note"), max_length=2000, blank=True)
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("handled by"),
    )  # fmt: skip

    objects = TakedownRequestQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("takedown request"), _("takedown requests")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="what_is_decided_says_when",
                condition=Q(state="open", handled_at=None) | ~Q(state="open") & Q(handled_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["email", "at"], name="takedown_requests_by_sender")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} #{self.pk}"

    @property
    def is_withdrawn(self) -> bool:
        """Whether the photo that it is about is shown no more."""
        return self.image is not None and self.image.state == LandmarkImage.State.REJECTED
