import sys

from vietnam_tourism import Client, NotReached, Problem

SITE = "https://example.org"
KEY = "vtr_your_key"
PHOTO = "photo.jpg"

# It waits for the answer, and asks again what cannot be answered for the moment (429, 503) when the platform says so.
try:
    with Client(SITE, key=KEY, language="en") as client:
        search = client.search(PHOTO, patience=60)
except Problem as problem:  # refused: a code for programs, and words for people
    sys.exit(f"{problem.code}: {problem.detail}")
except NotReached as error:
    sys.exit(str(error))

if not search.is_done:
    print("Not answered yet:", search.url)
elif search.state == "failed":
    print(search.message)
elif search.verdict == "unknown":
    print("No place of the catalogue, as far as can be seen.")
else:
    place = search.places[0]
    print(f"{place.landmark.name}, probability {place.probability}")
    # The photo that shows it best with its attribution, which has to stand beside it.
    if hit := search.photo_of(place):
        print(hit.image.photo)
        print(hit.attribution.text)
