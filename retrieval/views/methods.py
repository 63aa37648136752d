"""The methods, and what was measured of them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from retrieval import methods_page


@require_GET
def about_methods(request: HttpRequest) -> HttpResponse:
    context = {
        "described": methods_page.described(),
        "measured": methods_page.measured(),
        "sureness": methods_page.sureness(),
        "published": methods_page.published(),
    }
    return render(request, "retrieval/methods.html", context)
