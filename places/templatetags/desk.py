"""How the desk speaks of people."""

from django import template

from places import desk

register = template.Library()
register.filter("named", desk.named)
