"""How the API's own description tells of keys."""

from django.urls import reverse
from django.utils.translation import override
from drf_spectacular.extensions import OpenApiAuthenticationExtension


class KeyScheme(OpenApiAuthenticationExtension):
    """Each operation names the scope that a key needs there, and whether it also answers those without one."""

    target_class = "accounts.api.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema) -> dict:
        with override("en"):
            page = reverse("accounts:keys")
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "vtr_XXXXXXXX_XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
            "description": f"An API key; you make and revoke your own on [your account's page]({page}). "
            "How much a key may ask stands in the headers `RateLimit-Policy` and `RateLimit` of every answer.",
        }

    def get_security_requirement(self, auto_schema) -> list[dict]:
        scope = getattr(auto_schema.view, "required_scope", "")
        with_key = {self.name: [scope] if scope else []}
        return [with_key] if getattr(auto_schema.view, "needs_key", False) else [with_key, {}]
