"""The curators' desk as unfold draws it: the lacquer of static/css/tokens.css in its two scales, and its parts."""

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

NAME = "Vietnam Tourism Retrieval"


def _tokens(request: HttpRequest) -> str:
    return static("css/tokens.css")


def _frame(request: HttpRequest) -> str:
    return static("css/desk-frame.css")


def _seal(request: HttpRequest) -> str:
    return static("img/seal.svg")


UNFOLD = {
    "SITE_TITLE": NAME,
    "SITE_HEADER": _("Curators' desk"),
    "SITE_SUBHEADER": NAME,
    "SITE_URL": "/",
    "SITE_ICON": _seal,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _seal}],
    "BORDER_RADIUS": "3px",
    "STYLES": [_tokens, _frame],
    "DASHBOARD_CALLBACK": "retrieval.desk.first_page.filled",
    "SIDEBAR": {"show_search": False, "navigation": "retrieval.desk.navigation.sidebar"},
    "ACCOUNT": {"navigation": "retrieval.desk.navigation.account"},
    "COLORS": {
        "base": {
            "50": "#fbf7ef",
            "100": "#f3ece0",
            "200": "#e6dac8",
            "300": "#d9ccb8",
            "400": "#b9a793",
            "500": "#776355",
            "600": "#66544a",
            "700": "#4b382d",
            "800": "#3d2b21",
            "900": "#21150f",
            "950": "#140c09",
        },
        "primary": {
            "50": "#fdf1ee",
            "100": "#fadfd9",
            "200": "#f4beb2",
            "300": "#ec9a88",
            "400": "#e2725c",
            "500": "#e2725c",  # links and what is current, in the dark theme
            "600": "#b22e19",  # the same in the light one, and what is pressed in both
            "700": "#8f2313",
            "800": "#741d10",
            "900": "#5a170d",
            "950": "#380d07",
        },
    },
}
