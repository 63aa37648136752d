from django import template
from django.urls import reverse, translate_url
from django.utils import translation

register = template.Library()


@register.simple_tag(takes_context=True)
def same_page(context: template.Context, language: str) -> str:
    """The address of the page being read, in another language; the home page where it has no counterpart."""
    request = context.get("request")
    if request is not None and request.resolver_match is not None:
        return translate_url(request.get_full_path(), language)
    with translation.override(language):
        return reverse("retrieval:home")
