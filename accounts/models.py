"""Who uses the platform, and by which keys their programs do. People log in with their e-mail address; there is no user name."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager):
    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    username = None
    email = models.EmailField(_("e-mail address"), unique=True)
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )

    searches_privately = models.BooleanField(
        _("searches privately"), default=False, help_text=_("Nothing of what the account asks is kept.")
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []
    objects = UserManager()


class ApiKeyQuerySet(models.QuerySet):
    def usable(self) -> ApiKeyQuerySet:
        """Those that open the API: not revoked, of an account that may log in."""
        return self.filter(revoked_at=None, owner__is_active=True)

    def of(self, owner: User) -> ApiKeyQuerySet:
        """An account's, the newest first."""
        return self.filter(owner=owner).order_by("-created_at", "-pk")


def _limit(label: str) -> models.PositiveIntegerField:
    return models.PositiveIntegerField(
        label,
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: as for all keys."),
    )


class ApiKey(models.Model):
    """A partner's key: by it a program asks in its owner's name. Of its secret only a hash is kept."""

    class Scope(models.TextChoices):
        SEARCH = "search", _("Search: ask which place a photo shows, and read the answers")
        CATALOGUE = "catalogue", _("Catalogue: read places, photos and provinces")
        CONTRIBUTE = "contribute", _("Contribute: offer photos for places")
        EXPORT = "export", _("Export: download the dataset, where your role allows it")

    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("account")
    )
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("begins with"), max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)  # SHA-256, in hex
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope), verbose_name=_("may"))
    allowed_origins = ArrayField(
        models.CharField(max_length=270), default=list, blank=True, verbose_name=_("websites that may use it")
    )
    searches_per_minute = _limit(_("photos searched with, a minute"))
    searches_per_day = _limit(_("photos searched with, a day"))
    reads_per_minute = _limit(_("other requests, a minute"))
    reads_per_day = _limit(_("other requests, a day"))
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.CheckConstraint(condition=~Q(scopes=[]), name="api_key_may_do_something"),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["search", "catalogue", "contribute", "export"]),
                name="api_key_may_do_only_what_is_known",
            ),
            models.CheckConstraint(
                condition=Q(secret_hash__regex="^[0-9a-f]{64}$"), name="api_key_secret_is_hashed"
            ),
        ]
        indexes = [GinIndex(fields=["allowed_origins"], name="api_key_allowed_origins")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class KeyUsage(models.Model):
    """How often a key asked for one kind of thing on one day, and how often it was refused."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    kind = models.CharField(max_length=16)  # a scope, or "other"
    requests = models.PositiveIntegerField(default=0)
    refusals = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "day", "kind"], name="key_usage_is_one_row_a_day_and_kind"
            ),
            models.CheckConstraint(
                condition=Q(refusals__lte=F("requests")), name="key_usage_refuses_only_what_was_asked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.day} {self.kind}: {self.requests}"


class Allowance(models.Model):
    """What is left to one who asks of one kind of act; written by `limits` alone, and without a log: it may be lost."""

    pk = models.CompositePrimaryKey("holder", "act")
    holder = models.CharField(max_length=64)
    act = models.CharField(max_length=16)
    counted_at = models.DateTimeField(db_index=True)
    free_at = models.DateTimeField()  # when the whole minute's allowance is there again
    day = models.DateField()
    used = models.PositiveIntegerField()  # on that day
    fits = models.BooleanField()  # whether what was asked last was within the limits

    def __str__(self) -> str:
        return f"{self.holder} {self.act}: {self.used}"
