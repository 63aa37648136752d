"""What a contributor is told outside the pages of their contributions."""

from django import template

from places.models import Contribution

register = template.Library()


@register.simple_tag(takes_context=True)
def contribution_news(context: template.Context) -> int:
    """How many of the reader's photos a curator has decided on since they last looked."""
    user = context["request"].user
    return Contribution.objects.of(user).decided_unseen().count() if user.is_authenticated else 0
