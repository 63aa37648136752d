"""What a hint tells the visitor to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from retrieval.ranking.hints import Code

# Found by the code's own text too, as a row keeps it. Each is true with a proposed box and without one.
WORDS: dict[str, Promise] = {
    Code.CATALOGUE_INCOMPLETE: _(
        "Searches do not find all photos of our catalogue yet: some were added just now. Please search again in a few minutes."
    ),
    Code.TINY_BOX: _(
        "The box is so small that too little of the photo is left to recognise a place by. Draw a larger one, around the whole building or view."
    ),
    Code.TOO_DARK: _("The photo is very dark. Try one taken by day, or brighten it."),
    Code.PLAIN: _(
        "Hardly anything is to be seen but an even surface, such as sky, water or a wall. Choose another photo, or draw a box around the place itself."
    ),
    Code.BLURRED: _("The photo is blurred, so its small details are lost. Try a sharper one."),
    Code.SEVERAL_PLACES: _(
        "The photo seems to show several places at once, as a collage does. Draw a box around one of them."
    ),
    Code.ONE_SIDED: _(
        "Only a small part of the photo is like anything in our catalogue. If the place is there, draw a box around it; if that part is a logo or a caption, draw the box around the place instead."
    ),
    Code.FEW_DETAILS: _(
        "The photo has few details to recognise a place by. Draw a box around the thing you ask about, or try a photo taken closer to it."
    ),
}
