from django import template
from django.conf import settings
from django.urls import reverse, translate_url
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def same_page(context: template.Context, language: str) -> str:
    """The address of the page being read, in another language; the home page where it has no counterpart.

    An address without a language of its own, as the API's are, is told the language.
    """
    request = context.get("request")
    if request is not None and request.resolver_match is not None:
        here = request.get_full_path()
        there = translate_url(here, language)
        return there if there != here else f"{request.path}?lang={language}"
    with translation.override(language):
        return reverse("retrieval:home")


@register.simple_tag(takes_context=True)
def absolute(context: template.Context, path: str) -> str:
    """The whole address of a path of this site; one that is whole already stays."""
    return context["request"].build_absolute_uri(path)


@register.simple_tag(takes_context=True)
def alternates(context: template.Context) -> SafeString | str:
    """For search engines: the one address of the page being read, and its address in each language.

    Of what is asked with the address only the number of a list's page counts; the rest narrows the same page.
    Nothing is said of pages that are not found, nor while the database is away.
    """
    request = context.get("request")
    if request is None or request.resolver_match is None:
        return ""
    page = request.GET.get("page", "")
    path = request.path + (f"?page={page}" if page.isdecimal() and page != "1" else "")
    addresses = [
        (code, request.build_absolute_uri(translate_url(path, code))) for code, _name in settings.LANGUAGES
    ]
    addresses.append(("x-default", dict(addresses)[settings.LANGUAGE_CODE]))
    links = format_html_join("\n  ", '<link rel="alternate" hreflang="{}" href="{}">', addresses)
    canonical = request.build_absolute_uri(path)
    return format_html('<link rel="canonical" href="{}">\n  {}', canonical, links)
