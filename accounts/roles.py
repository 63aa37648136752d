"""Who may do what at the desk: four roles, each of which may also do what those before it may.

A role is a group of Django's. What is written here holds: groups are made to say so after every migration.
"""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import AbstractUser, Group, Permission
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """From the one that may least to the one that may most."""

    VIEWER = "viewer", _("Viewer: may look")
    CONTRIBUTOR = "contributor", _("Contributor: adds photos and writes texts")
    CURATOR = "curator", _("Curator: decides on photos and places")
    ADMINISTRATOR = "administrator", _("Administrator: also accounts, measurements, deleting")


LOOK, ADD, CHANGE, DELETE = "view", "add", "change", "delete"
ALL = (LOOK, ADD, CHANGE, DELETE)

# What each role may do beyond the one before it: "app.model" -> actions. Whoever may add landmarks says where they
# are and how they are called, merges and splits them; who may only change them writes their texts.
GRANTS: dict[Role, dict[str, tuple[str, ...]]] = {
    Role.VIEWER: {
        "places.province": (LOOK,),
        "places.formerprovince": (LOOK,),
        "places.landmark": (LOOK,),
        "places.fact": (LOOK,),
        "places.landmarkimage": (LOOK,),
        "places.curationevent": (LOOK,),
        "places.datasetexport": (LOOK, ADD),
        "retrieval.descriptor": (LOOK,),
        "retrieval.describefailure": (LOOK,),
        "retrieval.placecoverage": (LOOK,),
        "retrieval.effect": (LOOK,),
        "retrieval.lookalike": (LOOK,),
        "retrieval.evaluation": (LOOK,),
        "retrieval.calibration": (LOOK,),
        "retrieval.servablecheckpoint": (LOOK,),
        "retrieval.nightlytuning": (LOOK,),
    },
    Role.CONTRIBUTOR: {
        "places.landmarkimage": (ADD,),
        "places.landmark": (CHANGE,),
        "places.fact": (ADD, CHANGE),
    },
    Role.CURATOR: {
        "places.landmarkimage": (CHANGE,),
        "places.landmark": (ADD,),
        "places.fact": (DELETE,),
        "places.province": (CHANGE,),
        "places.formerprovince": (ADD, CHANGE),
        # What visitors sent is personal: those who answer it see it.
        "places.takedownrequest": (LOOK, CHANGE),
        "retrieval.correction": (LOOK, CHANGE),
        "retrieval.offer": (LOOK, CHANGE),
        "retrieval.lookalike": (CHANGE,),
        "retrieval.descriptor": (ADD,),
        "retrieval.describefailure": (DELETE,),
    },
    Role.ADMINISTRATOR: {
        "accounts.user": ALL,
        "accounts.apikey": (LOOK, CHANGE, DELETE),
        "places.province": (ADD, DELETE),
        "places.formerprovince": (DELETE,),
        "places.landmark": (DELETE,),
        "places.takedownrequest": (DELETE,),
        "retrieval.query": (LOOK, DELETE),
        "retrieval.correction": (DELETE,),
        "retrieval.lookalike": (DELETE,),
        "retrieval.evaluation": (DELETE,),
        "retrieval.calibration": (DELETE,),
        "retrieval.servablecheckpoint": (DELETE,),
        "retrieval.nightlytuning": (ADD, CHANGE),
    },
}


class MayNot(Exception):
    """Who gives a role may not give it; the message says why."""


def permissions(role: Role) -> set[str]:
    """All that a role may do, as Django names it: "app.action_model"."""
    roles = list(Role)[: list(Role).index(role) + 1]
    return {
        f"{app}.{action}_{model}"
        for each in roles
        for name, actions in GRANTS[each].items()
        for app, _dot, model in [name.partition(".")]
        for action in actions
    }


def of(user: AbstractUser) -> Role | None:
    """The role that somebody was given; None for visitors."""
    names = {group.name for group in user.groups.all()}
    return next((role for role in reversed(Role) if role.value in names), None)


@transaction.atomic
def give(user: AbstractUser, role: Role | None, *, by: AbstractUser | None) -> None:
    """Make it the one role that somebody has; None takes it away. by: None for who runs the machine.

    Raises MayNot.
    """
    if by is not None:
        if by.pk == user.pk:
            raise MayNot(_("Nobody changes their own role."))
        if not may_change(user, by=by):
            raise MayNot(_("Only who may change accounts gives roles."))
    user.groups.remove(*Group.objects.filter(name__in=Role.values))
    if role is not None:
        user.groups.add(Group.objects.get(name=role.value))
    user.is_staff = role is not None or user.is_superuser
    user.save(update_fields=["is_staff"])


def may_change(user: AbstractUser, *, by: AbstractUser) -> bool:
    """Whether somebody may change an account: one that may do everything is for those alone who may, too."""
    return by.has_perm("accounts.change_user") and (by.is_superuser or not user.is_superuser)


def set_up(sender: AppConfig, *, using: str, **_rest) -> None:
    """After an app's migrations: each role's group may do there what is written here, and nothing else."""
    wanted = {role: {name for name in permissions(role) if _is_of(name, sender)} for role in Role}
    if not any(wanted.values()):
        return
    create_permissions(sender, verbosity=0, using=using)  # ours may be heard before Django's own listener
    here = {
        f"{sender.label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).filter(content_type__app_label=sender.label)
    }
    for role, names in wanted.items():
        group, _is_new = Group.objects.using(using).get_or_create(name=role.value)
        group.permissions.remove(*(held for name, held in here.items() if name not in names))
        group.permissions.add(*(here[name] for name in names))


def _is_of(name: str, app: AppConfig) -> bool:
    return name.startswith(f"{app.label}.")
